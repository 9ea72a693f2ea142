/** Bytes that are nobody else's: what WebCrypto takes. */
export type Bytes = Uint8Array<ArrayBuffer>;

const encoder = new TextEncoder();

/** The UTF-8 of a text. */
export function utf8(text: string): Bytes {
  return encoder.encode(text);
}

export function concat(...parts: Uint8Array[]): Bytes {
  const out = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const p of parts) {
    out.set(p, at);
    at += p.length;
  }
  return out;
}

export function random(n: number): Bytes {
  return crypto.getRandomValues(new Uint8Array(n));
}

/** Eight bytes, the highest first. */
export function uint64(n: number): Bytes {
  const out = new Uint8Array(8);
  new DataView(out.buffer).setBigUint64(0, BigInt(n));
  return out;
}

/** Compares in a time that tells nothing of where they differ. */
export function equal(a: Uint8Array, b: Uint8Array): boolean {
  let differs = a.length ^ b.length;
  for (let i = 0; i < a.length; i++) {
    differs |= a[i]! ^ (b[i] ?? 0);
  }
  return differs === 0;
}

/** base64url without padding (RFC 4648, 5). */
export function base64url(b: Uint8Array): string {
  const text = Array.from(b, (c) => String.fromCharCode(c)).join("");
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** Reads it: one text for each value, no other. */
export function fromBase64url(text: string): Bytes {
  if (!/^[A-Za-z0-9_-]*$/.test(text) || text.length % 4 === 1) {
    throw new TypeError("this is not base64url without padding");
  }
  const b = Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
  if (base64url(b) !== text) {
    throw new TypeError("this is not base64url without padding");
  }
  return b;
}
