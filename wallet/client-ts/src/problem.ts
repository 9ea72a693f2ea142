/** What a server answers when it refuses (RFC 9457). */
export class Problem extends Error {
  override name = "Problem";
  constructor(
    readonly status: number,
    readonly kind: string, // the last part of its type, as "name-taken"; empty: it says none
    message: string,
    readonly retryAfter?: number, // seconds
  ) {
    super(message);
  }

  /** Reads it of an answer that is none of success. */
  static async of(r: Response): Promise<Problem> {
    const after = Number(r.headers.get("Retry-After"));
    return Problem.read(r.status, await r.json().catch(() => null), after > 0 ? after : undefined);
  }

  /** Reads it of what was said. */
  static read(status: number, members: unknown, after?: number): Problem {
    const { type, title, detail } = (typeof members === "object" && members ? members : {}) as Record<string, unknown>;
    const kind = typeof type === "string" ? type.slice(type.lastIndexOf("/") + 1) : "";
    const said = [detail, title].find((t) => typeof t === "string" && t !== "") as string | undefined;
    return new Problem(status, kind, said ?? `the server answered ${status}`, after);
  }
}

/** A server answered what no server of ours does. */
export class ServerError extends Error {
  override name = "ServerError";
}
