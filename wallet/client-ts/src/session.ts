import { bytesOf, numberOf, object, textOf } from "./answer.js";
import { base64url, type Bytes, utf8 } from "./bytes.js";
import { type Answer, digest, type Keys, type Request } from "./channel.js";
import type { Identity } from "./identity.js";
import { Root } from "./keys.js";
import { Problem } from "./problem.js";
import type { Account } from "./seal.js";

/** How long a session lasts, and what its device keeps for the next login. */
export interface Term {
  until: Date;
  idleUntil: Date; // unless something is asked before
  device?: string; // token of this device; absent: it has one
}

/** A login under way: what is sent first, and what of the server's answer. */
export interface Proving {
  ke1: string;
  finish(ke2: string): string; // KE3
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
    private readonly tenant: string,
    private readonly channel: string,
    private readonly fetch: typeof globalThis.fetch,
    readonly term: Term,
    private readonly prove: (password: string) => Promise<Proving>,
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

  /**
   * Asks for one thing in JSON. path has no slash at its beginning and may have a
   * query. What the server refuses is a Problem.
   */
  async do(method: string, path: string, body?: object): Promise<Record<string, unknown>> {
    return this.said(request(method, path, body));
  }

  /** Is do for what needs the password again: proves it for just this request, and then asks. */
  async doAgain(password: string, method: string, path: string, body?: object): Promise<Record<string, unknown>> {
    const asked = request(method, path, body);
    const proving = await this.prove(password);
    const begun = await this.do("POST", "step-up", { ke1: proving.ke1, request: base64url(await digest(asked)) });
    await this.do("PUT", "step-up", { ticket: textOf(begun, "ticket"), ke3: proving.finish(textOf(begun, "ke2")) });
    return this.said(asked);
  }

  private async said(asked: Omit<Request, "requestId">): Promise<Record<string, unknown>> {
    const got = await this.ask(asked);
    const said: unknown = JSON.parse(new TextDecoder().decode(got.body ?? utf8("null")));
    if (got.status >= 300) {
      throw Problem.read(got.status, said);
    }
    return object(said);
  }

  /** Fetches the account and opens its root key. */
  async open(): Promise<{ account: Account; name: string; root: Root; identity: Identity }> {
    const got = await this.do("GET", "account");
    const slot = object(got["root"]);
    const account = { tenant: this.tenant, id: bytesOf(got, "id", 16) };
    const root = await Root.openSlot(account, numberOf(slot, "generation"), "opaque", this.under, bytesOf(slot, "opaque"));
    return { account, name: textOf(got, "name"), root, identity: await root.openIdentity(bytesOf(got, "private")) };
  }

  /** Ends the session, and forgets its keys. */
  async close(): Promise<void> {
    await this.do("DELETE", "session").finally(() => this.wipe());
  }

  /** Overwrites what is secret. The engine may have copied it before. */
  wipe(): void {
    this.under.fill(0);
  }
}

/** What is asked for, as it is said. */
function request(method: string, path: string, body?: object): Omit<Request, "requestId"> {
  const [at, query] = [`/${path}`.split("?", 1)[0]!, path.split("?").slice(1).join("?")];
  const json = body && { contentType: "application/json", body: utf8(JSON.stringify(body)) };
  return { method, path: at, query, ...json };
}
