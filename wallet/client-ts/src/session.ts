import type { Bytes } from "./bytes.js";
import type { Answer, Keys, Request } from "./channel.js";
import { Root } from "./keys.js";
import { Problem } from "./problem.js";
import type { Account } from "./seal.js";

/** How long a session lasts, and what its device keeps for the next login. */
export interface Term {
  until: Date;
  idleUntil: Date; // unless something is asked before
  device?: string; // token of this device; absent: it has one
}

/**
 * A holder who is logged in. Calls may overlap. One session has one counter: what
 * works beside it, as another tab, logs in for itself.
 */
export class Session {
  #seq = 0;

  constructor(
    private readonly keys: Keys,
    private readonly under: Bytes, // the key of the slot opaque
    private readonly channel: string,
    private readonly fetch: typeof globalThis.fetch,
    readonly term: Term,
  ) {}

  /** Asks for something through the channel. A retry has the same requestId. */
  async ask(request: Omit<Request, "requestId"> & { requestId?: string }): Promise<Answer> {
    const asked = { ...request, requestId: request.requestId ?? crypto.randomUUID() };
    const { message, pending } = await this.keys.ask(++this.#seq, asked);
    const r = await this.fetch(this.channel, {
      method: "POST",
      redirect: "error",
      cache: "no-store",
      headers: { "Content-Type": "application/cbor", "Procura-Session": this.keys.header() },
      body: message,
    });
    if (!r.ok) {
      throw await Problem.of(r); // of the channel itself: all else is inside
    }
    return pending.read(new Uint8Array(await r.arrayBuffer()));
  }

  /** Opens the account's root key as the slot opaque holds it. */
  root(account: Account, generation: number, sealed: Bytes): Promise<Root> {
    return Root.openSlot(account, generation, "opaque", this.under, sealed);
  }

  /** Overwrites what is secret. The engine may have copied it before. */
  wipe(): void {
    this.under.fill(0);
  }
}
