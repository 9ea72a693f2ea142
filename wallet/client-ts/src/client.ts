import { bytesOf, object, textOf } from "./answer.js";
import { base64url, type Bytes } from "./bytes.js";
import { Keys } from "./channel.js";
import { Identity } from "./identity.js";
import { Root, underOpaque } from "./keys.js";
import { canonical } from "./name.js";
import { type Holder, LoggingIn, Registering } from "./opaque.js";
import { Problem, ServerError } from "./problem.js";
import { parseProfiles, type Profile, profileText } from "./profile.js";
import { type Proving, Session } from "./session.js";
import type { Account } from "./seal.js";

/** What a holder has after registering. */
export interface Registered {
  account: Account;
  name: string; // canonical
  root: Root;
  identity: Identity;
}

/** Talks to one tenant of one server. */
export class Client {
  readonly origin: string;
  readonly tenant: string;
  private readonly fetch: typeof fetch;

  /** origin is the server's as its users write it, without a path: passwords are bound to it. */
  constructor(origin: string, tenant = "default", over: typeof fetch = (...args) => fetch(...args)) {
    if (new URL(origin).origin !== origin) {
      throw new TypeError("an origin is as https://wallet.example, without a path or a slash at its end");
    }
    this.origin = origin;
    this.tenant = tenant;
    this.fetch = over;
  }

  /** Makes an account. An invitation is needed where registration is not open. */
  async register(asked: string, password: string, invitation?: string): Promise<Registered> {
    const name = canonical(asked);
    const [newest] = await this.profiles();
    const r = await Registering.begin(password);
    const begun = await this.call("POST", "registrations", { name, request: r.request, ...(invitation && { invitation }) });
    const id = bytesOf(begun, "account", 16);
    if (begun["profile"] !== profileText(newest!)) {
      throw new ServerError("the server has a registration made with another profile than it announced first");
    }
    const { record, exportKey } = r.finish(textOf(begun, "response"), this.holder(name), newest!);
    const made = { name, account: { tenant: this.tenant, id }, identity: await Identity.make() };
    const root = Root.make(made.account);
    await this.complete(textOf(begun, "ticket"), record, exportKey, root, made.identity);
    return { ...made, root };
  }

  private async complete(ticket: string, record: string, exportKey: Bytes, root: Root, identity: Identity): Promise<void> {
    const under = await underOpaque(exportKey);
    const { box, sign } = await identity.public();
    await this.call("PUT", `registrations/${encodeURIComponent(ticket)}`, {
      record,
      root: base64url(await root.slot("opaque", under)),
      box: base64url(box),
      sign: base64url(sign),
      private: base64url(await root.identity(identity)),
    });
    under.fill(0);
    exportKey.fill(0);
  }

  /**
   * Proves a password. device is the token of an earlier session on this device.
   * What is wrong with name, password or server is PasswordError.
   */
  async login(asked: string, password: string, device?: string): Promise<Session> {
    const name = canonical(asked);
    const profiles = await this.profiles();
    const l = await LoggingIn.begin(password);
    const begun = await this.call("POST", "sessions", { name, ke1: l.ke1, ...(device && { device }) });
    const done = l.finish(textOf(begun, "ke2"), this.holder(name), profiles);
    const keys = await Keys.derive(done.sessionKey);
    done.sessionKey.fill(0);
    const began = await this.call("PUT", "sessions", { ticket: textOf(begun, "ticket"), ke3: done.ke3 });
    const under = await underOpaque(done.exportKey);
    done.exportKey.fill(0);
    return new Session(keys, under, this.tenant, this.url("channel"), this.fetch, {
      until: new Date(textOf(began, "until")),
      idleUntil: new Date(textOf(began, "idleUntil")),
      ...(began["device"] !== undefined && { device: textOf(began, "device") }),
    }, (again) => this.proving(name, again));
  }

  /** Begins to prove a password again, in a session. */
  private async proving(name: string, password: string): Promise<Proving> {
    const profiles = await this.profiles();
    const l = await LoggingIn.begin(password);
    return { ke1: l.ke1, finish: (ke2) => l.finish(ke2, this.holder(name), profiles).ke3 };
  }

  private holder(name: string): Holder {
    return { origin: this.origin, tenant: this.tenant, name };
  }

  /** What the server wants of Argon2id; the client refuses what it must not do. */
  private async profiles(): Promise<Profile[]> {
    const offer = await this.call("GET", "opaque");
    if (offer["origin"] !== this.origin) {
      throw new ServerError(`the server calls itself ${String(offer["origin"])}, and is called as ${this.origin}`);
    }
    return parseProfiles(offer["profiles"]);
  }

  private url(path: string): string {
    return `${this.origin}/v1/t/${encodeURIComponent(this.tenant)}/wallet/${path}`;
  }

  private async call(method: string, path: string, body?: object): Promise<Record<string, unknown>> {
    const json = body && { body: JSON.stringify(body), headers: { "Content-Type": "application/json" } };
    const r = await this.fetch(this.url(path), { method, redirect: "error", cache: "no-store", ...json });
    if (!r.ok) {
      throw await Problem.of(r);
    }
    return object(await r.json());
  }
}
