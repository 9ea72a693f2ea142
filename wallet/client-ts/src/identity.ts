import { type Bytes, concat, fromBase64url } from "./bytes.js";

type Kind = "X25519" | "Ed25519";

// PKCS #8 of either kind of key (RFC 8410, 7), up to its 32 bytes.
const before = (kind: Kind) =>
  Uint8Array.of(0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, kind === "X25519" ? 0x6e : 0x70, 4, 0x22, 4, 0x20);

const usages = (kind: Kind): KeyUsage[] => (kind === "X25519" ? ["deriveBits"] : ["sign", "verify"]);

/**
 * An account's own keys: others grant to the first (X25519), and it signs with
 * the second (Ed25519). The private halves are sealed under its root key.
 */
export class Identity {
  private constructor(
    private readonly boxKey: Bytes,
    private readonly signKey: Bytes,
  ) {}

  static async make(): Promise<Identity> {
    return new Identity(await generate("X25519"), await generate("Ed25519"));
  }

  /** Takes the private halves, 32 bytes each. */
  static of(box: Bytes, sign: Bytes): Identity {
    if (box.length !== 32 || sign.length !== 32) {
      throw new TypeError("an account's own keys have 32 bytes each");
    }
    return new Identity(box, sign);
  }

  private(): Bytes {
    return concat(this.boxKey, this.signKey);
  }

  /** The halves that others may know, 32 bytes each. */
  async public(): Promise<{ box: Bytes; sign: Bytes }> {
    return { box: await publicHalf("X25519", this.boxKey), sign: await publicHalf("Ed25519", this.signKey) };
  }

  async sign(message: Bytes): Promise<Bytes> {
    const key = await imported("Ed25519", this.signKey);
    return new Uint8Array(await crypto.subtle.sign("Ed25519", key, message));
  }
}

async function generate(kind: Kind): Promise<Bytes> {
  const pair = (await crypto.subtle.generateKey(kind, true, usages(kind))) as CryptoKeyPair;
  const encoded = new Uint8Array(await crypto.subtle.exportKey("pkcs8", pair.privateKey));
  return encoded.slice(before(kind).length, before(kind).length + 32);
}

function imported(kind: Kind, key: Bytes): Promise<CryptoKey> {
  return crypto.subtle.importKey("pkcs8", concat(before(kind), key), kind, true, usages(kind).slice(0, 1));
}

async function publicHalf(kind: Kind, key: Bytes): Promise<Bytes> {
  const jwk = await crypto.subtle.exportKey("jwk", await imported(kind, key));
  return fromBase64url(jwk.x!);
}
