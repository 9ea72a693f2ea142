// The holder's side of OPAQUE (RFC 9807), in the configuration of docs/wallet.md.
import * as opaque from "@serenity-kit/opaque";
import { type Bytes, fromBase64url } from "./bytes.js";
import { opaqueString } from "./name.js";
import { agreed, maxProfiles, type Profile, ProfileError, profileText } from "./profile.js";

/** The password is another, or the server is. */
export class PasswordError extends Error {
  override name = "PasswordError";
  constructor() {
    super("the name or the password is wrong, or the server is another");
  }
}

/** What the other side sent is no message of OPAQUE. */
export class OpaqueError extends Error {
  override name = "OpaqueError";
  constructor() {
    super("this is no message of OPAQUE");
  }
}

function reading<T>(act: () => T): T {
  try {
    return act();
  } catch {
    throw new OpaqueError(); // the library says where it stopped; that is for nobody to act on
  }
}

/**
 * Who logs in where. Client and server put it together themselves, and take none
 * of it from the other: a name, origin or profile that differs is no login.
 */
export interface Holder {
  origin: string; // of the server, as https://wallet.example
  tenant: string;
  name: string; // as canonical gives it
}

function identifiers(h: Holder, p: Profile): { client: string; server: string } {
  return {
    client: `${h.tenant}/${h.name}`,
    server: `procura-wallet/1;${h.origin};ristretto255-SHA512;${profileText(p)}`,
  };
}

function stretching(p: Profile): { "argon2id-custom": { iterations: number; memory: number; parallelism: number } } {
  agreed(p);
  return { "argon2id-custom": { iterations: p.passes, memory: p.memory, parallelism: p.lanes } };
}

/** A registration under way. */
export class Registering {
  private constructor(
    private readonly password: string,
    private readonly state: string,
    readonly request: string, // for the server, base64url
  ) {}

  static async begin(text: string): Promise<Registering> {
    const password = opaqueString(text);
    await opaque.ready;
    const out = opaque.client.startRegistration({ password });
    return new Registering(password, out.clientRegistrationState, out.registrationRequest);
  }

  /** Makes the record that the server keeps, and export_key, which only who knows the password has. */
  finish(response: string, h: Holder, p: Profile): { record: string; exportKey: Bytes } {
    const asked = {
      password: this.password,
      clientRegistrationState: this.state,
      registrationResponse: response,
      keyStretching: stretching(p),
      identifiers: identifiers(h, p),
    };
    const out = reading(() => opaque.client.finishRegistration(asked));
    return { record: out.registrationRecord, exportKey: fromBase64url(out.exportKey) };
  }
}

/** What a client has of a login that succeeded. */
export interface Login {
  ke3: string; // for the server, base64url
  sessionKey: Bytes; // 64 bytes
  exportKey: Bytes; // 64 bytes
  profile: Profile;
}

/** A login under way. */
export class LoggingIn {
  private constructor(
    private readonly password: string,
    private readonly state: string,
    readonly ke1: string, // for the server, base64url
  ) {}

  static async begin(text: string): Promise<LoggingIn> {
    const password = opaqueString(text);
    await opaque.ready;
    const out = opaque.client.startLogin({ password });
    return new LoggingIn(password, out.clientLoginState, out.startLoginRequest);
  }

  /** Opens the server's answer with the first profile that fits, and proves the server; else PasswordError or OpaqueError. */
  finish(ke2: string, h: Holder, profiles: Profile[]): Login {
    if (profiles.length === 0 || profiles.length > maxProfiles) {
      throw new ProfileError();
    }
    for (const profile of profiles) {
      const asked = {
        password: this.password,
        clientLoginState: this.state,
        loginResponse: ke2,
        keyStretching: stretching(profile),
        identifiers: identifiers(h, profile),
      };
      const out = reading(() => opaque.client.finishLogin(asked));
      if (out) {
        const { finishLoginRequest: ke3, sessionKey, exportKey } = out;
        return { ke3, sessionKey: fromBase64url(sessionKey), exportKey: fromBase64url(exportKey), profile };
      }
    }
    throw new PasswordError();
  }
}
