// What a wallet's client and server say to each other after login
// (docs/wallet-channel.md).
import { base64url, type Bytes, concat, random, uint64, utf8 } from "./bytes.js";
import { decode, encode, type Value } from "./cbor.js";
import { expand, extract, macKey } from "./hkdf.js";

/** Bytes are no answer to this request. */
export class MessageError extends Error {
  override name = "MessageError";
  constructor() {
    super("this is no message of this session");
  }
}

/** What a request over plain HTTP would be. */
export interface Request {
  method: string;
  path: string; // with its slash, without a query
  query?: string;
  contentType?: string;
  body?: Bytes;
  requestId: string; // 1–128 letters, digits, "-", "_", "."; the same for a retry
}

/** What became of it. */
export interface Answer {
  status: number;
  contentType?: string;
  body?: Bytes;
  requestId: string;
}

/** Names what a request asks for, whatever its requestId: what a password is proved again for. */
export async function digest(r: Omit<Request, "requestId">): Promise<Bytes> {
  const all = ["procura/step-up/1", r.method, r.path, r.query ?? "", r.contentType ?? "", r.body ?? new Uint8Array()];
  return new Uint8Array(await crypto.subtle.digest("SHA-256", encode(all)));
}

const [toServer, toClient] = [0, 1];
const version = 1;

/** A session's keys, as its client has them. None can be read out but the header. */
export class Keys {
  private constructor(
    private readonly sid: Bytes,
    private readonly open: Bytes,
    private readonly c2s: CryptoKey,
    private readonly s2c: CryptoKey,
  ) {}

  /** Makes them of OPAQUE's session_key, 64 bytes. */
  static async derive(sessionKey: Bytes): Promise<Keys> {
    if (sessionKey.length !== 64) {
      throw new TypeError("a session key has 64 bytes");
    }
    const prk = await extract("SHA-512", utf8("procura/wallet/channel/1"), sessionKey);
    const direction = async (info: string) => macKey("SHA-512", await expand(prk, utf8(info), 32));
    return new Keys(
      await expand(prk, utf8("sid"), 16),
      await expand(prk, utf8("open"), 32),
      await direction("c2s"),
      await direction("s2c"),
    );
  }

  /** The value of Procura-Session. */
  header(): string {
    return base64url(concat(this.sid, this.open));
  }

  /** Seals a request. seq counts up from 1, and is never used twice, also not for a retry. */
  async ask(seq: number, r: Request, salt = random(32)): Promise<{ message: Bytes; pending: Pending }> {
    const cipher = await this.cipher(this.c2s, "req", seq, salt);
    const sealed = await crypto.subtle.encrypt(this.gcm(toServer!, seq, salt), cipher, encode(members(r)));
    const message = encode([version, seq, salt, new Uint8Array(sealed)]);
    return { message, pending: new Pending(this, seq, salt, r.requestId) };
  }

  /** Opens what the server sealed for one request. */
  async answered(seq: number, salt: Bytes, theirs: Bytes, sealed: Bytes): Promise<Bytes> {
    const cipher = await this.cipher(this.s2c, "res", seq, salt, theirs);
    return new Uint8Array(await crypto.subtle.decrypt(this.gcm(toClient!, seq, theirs), cipher, sealed));
  }

  private async cipher(of: CryptoKey, label: string, seq: number, ...salts: Bytes[]): Promise<CryptoKey> {
    const once = await expand(of, concat(utf8(label), this.sid, uint64(seq), ...salts), 32);
    return crypto.subtle.importKey("raw", once, "AES-GCM", false, ["encrypt", "decrypt"]);
  }

  // Each key seals once: the nonce can be zero.
  private gcm(direction: number, seq: number, salt: Bytes): AesGcmParams {
    const additionalData = concat(utf8("procura/1"), this.sid, Uint8Array.of(direction), uint64(seq), salt);
    return { name: "AES-GCM", iv: new Uint8Array(12), additionalData };
  }
}

/** Members that are empty are left out. */
function members(r: Request): { [name: string]: Value } {
  return Object.fromEntries(Object.entries(r).filter(([, v]) => v !== undefined && v.length > 0)) as { [name: string]: Value };
}

/** A request on its way: what its answer must fit. */
export class Pending {
  constructor(
    private readonly keys: Keys,
    private readonly seq: number,
    private readonly salt: Bytes,
    private readonly id: string,
  ) {}

  /** Opens the answer to this request, and to no other; else MessageError. */
  async read(raw: Bytes): Promise<Answer> {
    try {
      const m = decode(raw);
      if (!Array.isArray(m) || m.length !== 4 || m[0] !== version || m[1] !== this.seq) {
        throw new MessageError();
      }
      const plain = await this.keys.answered(this.seq, this.salt, bytesOf(m[2], 32), bytesOf(m[3]));
      return answer(decode(plain), this.id);
    } catch {
      throw new MessageError(); // which part was wrong is for nobody to know
    }
  }
}

function bytesOf(v: Value | undefined, n?: number): Bytes {
  if (!(v instanceof Uint8Array) || (n !== undefined && v.length !== n)) {
    throw new MessageError();
  }
  return v as Bytes;
}

/** Takes no member that it does not know, and none of another kind. */
function answer(v: Value, id: string): Answer {
  if (typeof v !== "object" || Array.isArray(v) || v instanceof Uint8Array) {
    throw new MessageError();
  }
  const { status, contentType, body, requestId, ...unknown } = v;
  if (typeof status !== "number" || requestId !== id || Object.keys(unknown).length > 0) {
    throw new MessageError();
  }
  if (contentType !== undefined && typeof contentType !== "string") {
    throw new MessageError();
  }
  return {
    status,
    requestId: id,
    ...(contentType !== undefined && { contentType }),
    ...(body !== undefined && { body: bytesOf(body) }),
  };
}
