// The hierarchy of a wallet's keys (docs/wallet-keys.md).
import { type Bytes, random, utf8 } from "./bytes.js";
import { hkdf, mac, macKey } from "./hkdf.js";
import { Identity } from "./identity.js";
import { type Account, type ID, type Place, open, seal, SealedError } from "./seal.js";

/** The kinds of slots that wrap a root key. */
export type Slot = "opaque" | "recovery" | "passkey";

const size = 32;

/** The key for one purpose of a secret that cannot be guessed. */
export function derive(secret: Bytes, info: string): Promise<Bytes> {
  return hkdf("SHA-256", secret, new Uint8Array(0), utf8(info), size);
}

/** The key of the slot opaque: of export_key, which the server does not learn. */
export const underOpaque = (exportKey: Bytes) => derive(exportKey, "procura/wallet/slot/opaque");

/** The key of the slot passkey: of what a passkey's function gave, 32 bytes. */
export async function underPasskey(prf: Bytes): Promise<Bytes> {
  if (prf.length !== size) {
    throw new TypeError("the output of a passkey's function has 32 bytes");
  }
  return derive(prf, "procura/wallet/slot/passkey");
}

async function unwrap(under: Bytes, at: Place, sealed: Bytes): Promise<Bytes> {
  const key = await open(under, at, sealed);
  if (key.length !== size) {
    throw new SealedError();
  }
  return key;
}

/** An account's root key. It never leaves the client. */
export class Root {
  private constructor(
    readonly account: Account,
    readonly generation: number, // from 1
    private readonly key: Bytes,
  ) {}

  /** The first root key of an account. */
  static make(account: Account): Root {
    return new Root(account, 1, random(size));
  }

  /** The root key that comes after this one. */
  next(): Root {
    return new Root(this.account, this.generation + 1, random(size));
  }

  /** Overwrites it. The engine may have copied it before. */
  wipe(): void {
    this.key.fill(0);
  }

  private static place(account: Account, generation: number, purpose: string): Place {
    return { purpose, tenant: account.tenant, account: account.id, version: generation };
  }

  /** Wraps it under the key of a slot. */
  slot(kind: Slot, under: Bytes): Promise<Bytes> {
    return seal(under, { ...Root.place(this.account, this.generation, "root"), kind }, this.key);
  }

  static async openSlot(account: Account, generation: number, kind: Slot, under: Bytes, sealed: Bytes): Promise<Root> {
    const key = await unwrap(under, { ...Root.place(account, generation, "root"), kind }, sealed);
    return new Root(account, generation, key);
  }

  /** Wraps a partition's key. */
  partition(p: Partition): Promise<Bytes> {
    return seal(this.key, { ...p.place("partition"), version: this.generation }, p.serve());
  }

  async openPartition(id: ID, epoch: number, sealed: Bytes): Promise<Partition> {
    const at = { ...new Partition(this.account, id, epoch, new Uint8Array(0)).place("partition"), version: this.generation };
    return new Partition(this.account, id, epoch, await unwrap(this.key, at, sealed));
  }

  /** Seals the private halves of the account's own keys. */
  identity(i: Identity): Promise<Bytes> {
    return seal(this.key, Root.place(this.account, this.generation, "identity"), i.private());
  }

  async openIdentity(sealed: Bytes): Promise<Identity> {
    const both = await open(this.key, Root.place(this.account, this.generation, "identity"), sealed);
    if (both.length !== 2 * size) {
      throw new SealedError();
    }
    return Identity.of(both.slice(0, size), both.slice(size));
  }
}

/** Which item something is the content of. */
export interface Item {
  id: ID;
  kind: string; // the type of its content
  version: number; // from 1; each change has the next
}

/** An item as it is kept: its key under its partition's, its content under its key. */
export interface Sealed {
  key: Bytes;
  content: Bytes;
}

/** The key of one part of a wallet, for one epoch. */
export class Partition {
  constructor(
    readonly account: Account,
    readonly id: ID,
    readonly epoch: number, // from 1
    private readonly key: Bytes,
  ) {}

  static make(account: Account): Partition {
    return new Partition(account, random(16), 1, random(size));
  }

  /** The key of the epoch that comes after. */
  next(): Partition {
    return new Partition(this.account, this.id, this.epoch + 1, random(size));
  }

  /** The key, for a server that serves the partition while it is open. A sealed one's is given to nobody. */
  serve(): Bytes {
    return this.key;
  }

  wipe(): void {
    this.key.fill(0);
  }

  place(purpose: string, item?: Item): Place {
    const at = { purpose, tenant: this.account.tenant, account: this.account.id, partition: this.id, epoch: this.epoch };
    return item ? { ...at, item: item.id, kind: item.kind, version: item.version } : at;
  }

  async seal(item: Item, content: Bytes): Promise<Sealed> {
    const key = random(size);
    try {
      return {
        key: await seal(this.key, this.place("item-key", item), key),
        content: await seal(key, this.place("item", item), content),
      };
    } finally {
      key.fill(0);
    }
  }

  async open(item: Item, s: Sealed): Promise<Bytes> {
    const key = await unwrap(this.key, this.place("item-key", item), s.key);
    try {
      return await open(key, this.place("item", item), s.content);
    } finally {
      key.fill(0);
    }
  }

  /** Stands for a field's value, so that a server that cannot read an item can find it. */
  async tag(field: string, value: string): Promise<Bytes> {
    const under = await macKey("SHA-256", await derive(this.key, "procura/index/1"));
    return (await mac(under, utf8(field + "\0" + value))).slice(0, 16);
  }

  /** What a server that is given the key knows it again by. */
  async check(): Promise<Bytes> {
    return (await derive(this.key, "procura/partition/check/1")).slice(0, 16);
  }
}
