// HKDF (RFC 5869) over WebCrypto's HMAC: WebCrypto's own has no step of its own
// for expanding a key, which the channel needs.
import { type Bytes, concat } from "./bytes.js";

export type Hash = "SHA-256" | "SHA-512";

const sizes = { "SHA-256": 32, "SHA-512": 64 };

/** A key that nobody can read out again. */
export function macKey(hash: Hash, key: Bytes): Promise<CryptoKey> {
  // WebCrypto takes no empty key; HMAC makes zeros of it.
  const raw = key.length > 0 ? key : new Uint8Array(sizes[hash]);
  return crypto.subtle.importKey("raw", raw, { name: "HMAC", hash }, false, ["sign"]);
}

export async function mac(key: CryptoKey, message: Bytes): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.sign("HMAC", key, message));
}

export async function extract(hash: Hash, salt: Bytes, secret: Bytes): Promise<CryptoKey> {
  const prk = await mac(await macKey(hash, salt), secret);
  const key = await macKey(hash, prk);
  prk.fill(0);
  return key;
}

/** Makes n bytes, 1–255 times the hash's length. */
export async function expand(prk: CryptoKey, info: Bytes, n: number): Promise<Bytes> {
  const out = new Uint8Array(n);
  let block: Bytes = new Uint8Array(0);
  for (let i = 1, at = 0; at < n; i++) {
    block = await mac(prk, concat(block, info, Uint8Array.of(i)));
    out.set(block.subarray(0, n - at), at);
    at += block.length;
  }
  return out;
}

export async function hkdf(hash: Hash, secret: Bytes, salt: Bytes, info: Bytes, n: number): Promise<Bytes> {
  return expand(await extract(hash, salt, secret), info, n);
}
