import { type Bytes, concat, equal, random, utf8 } from "./bytes.js";
import { encode } from "./cbor.js";
import { hkdf } from "./hkdf.js";

/** Bytes are not what was sealed under this key, there. */
export class SealedError extends Error {
  override name = "SealedError";
  constructor() {
    super("this is not what was sealed here");
  }
}

/** A random name of 16 bytes: of an account, a partition or an item. */
export type ID = Bytes;

/** Whose keys these are. */
export interface Account {
  tenant: string;
  id: ID;
}

/**
 * Where something sealed belongs. Whoever opens makes it of what they asked for,
 * and never takes it from what they were sent.
 */
export interface Place {
  purpose: string;
  tenant?: string;
  account?: ID;
  partition?: ID;
  epoch?: number;
  item?: ID;
  kind?: string;
  version?: number;
}

const none = new Uint8Array(16);

/** The associated data. */
export function placeBytes(p: Place): Bytes {
  return encode([
    p.purpose,
    p.tenant ?? "",
    p.account ?? none,
    p.partition ?? none,
    p.epoch ?? 0,
    p.item ?? none,
    p.kind ?? "",
    p.version ?? 0,
  ]);
}

const form = 1;
const headSize = 65; // the form, a salt, a commitment to the key
const overhead = headSize + 16;

/** Hides m under a key of 32 bytes, so that it opens under no other and at no other place. */
export async function seal(key: Bytes, at: Place, m: Bytes, salt = random(32)): Promise<Bytes> {
  const ad = placeBytes(at);
  const { cipher, commitment } = await once(key, ad, salt);
  const sealed = await crypto.subtle.encrypt(gcm(ad), cipher, m);
  return concat(Uint8Array.of(form), salt, commitment, new Uint8Array(sealed));
}

/** Returns what was sealed there; else SealedError. */
export async function open(key: Bytes, at: Place, sealed: Bytes): Promise<Bytes> {
  if (sealed.length < overhead || sealed[0] !== form) {
    throw new SealedError();
  }
  const ad = placeBytes(at);
  const { cipher, commitment } = await once(key, ad, sealed.slice(1, 33));
  if (!equal(commitment, sealed.subarray(33, headSize))) {
    throw new SealedError();
  }
  try {
    return new Uint8Array(await crypto.subtle.decrypt(gcm(ad), cipher, sealed.slice(headSize)));
  } catch {
    throw new SealedError();
  }
}

// Each key seals once: the nonce can be zero.
const gcm = (additionalData: Bytes) => ({ name: "AES-GCM", iv: new Uint8Array(12), additionalData });

async function once(key: Bytes, ad: Bytes, salt: Bytes): Promise<{ cipher: CryptoKey; commitment: Bytes }> {
  const b = await hkdf("SHA-256", key, salt, concat(utf8("procura/seal/1"), ad), 64);
  const cipher = await crypto.subtle.importKey("raw", b.subarray(0, 32), "AES-GCM", false, ["encrypt", "decrypt"]);
  return { cipher, commitment: b.slice(32) };
}
