/** How much work the client does for each guess of a password (Argon2id, RFC 9106). */
export interface Profile {
  passes: number;
  memory: number; // KiB
  lanes: number;
}

/** A server asks for Argon2id that is too weak, or absurd. */
export class ProfileError extends Error {
  override name = "ProfileError";
  constructor() {
    super("a server may ask for Argon2id with 3–10 passes, 64 MiB–1 GiB and 4–16 lanes");
  }
}

/** How many a server may ask a client to try. */
export const maxProfiles = 3;

export function profileText(p: Profile): string {
  return `argon2id,${p.passes},${p.memory},${p.lanes}`;
}

/** Reads what a server announces: one to three, each of which a client may use; else ProfileError. */
export function parseProfiles(texts: unknown): Profile[] {
  if (!Array.isArray(texts) || texts.length === 0 || texts.length > maxProfiles) {
    throw new ProfileError();
  }
  return texts.map(parseProfile);
}

export function parseProfile(text: unknown): Profile {
  const parts = /^argon2id,(\d{1,9}),(\d{1,9}),(\d{1,9})$/.exec(String(text));
  if (!parts) {
    throw new ProfileError();
  }
  const [passes, memory, lanes] = parts.slice(1).map(Number) as [number, number, number];
  const p = { passes, memory, lanes };
  if (profileText(p) !== text) {
    throw new ProfileError();
  }
  return agreed(p);
}

/**
 * Holds what clients agree to. It is written here: a hostile server would have
 * them do nothing, or more than they can.
 */
export function agreed(p: Profile): Profile {
  const between = (n: number, from: number, to: number) => Number.isInteger(n) && from <= n && n <= to;
  if (!between(p.passes, 3, 10) || !between(p.memory, 64 << 10, 1 << 20) || !between(p.lanes, 4, 16)) {
    throw new ProfileError();
  }
  return p;
}
