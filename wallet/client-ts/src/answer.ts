// Reads what a server answers, and believes no shape of it.
import { type Bytes, fromBase64url } from "./bytes.js";
import { ServerError } from "./problem.js";

export function object(v: unknown): Record<string, unknown> {
  if (typeof v !== "object" || v === null || Array.isArray(v)) {
    throw new ServerError("the server's answer is no object");
  }
  return v as Record<string, unknown>;
}

export function textOf(answer: Record<string, unknown>, member: string): string {
  const v = answer[member];
  if (typeof v !== "string") {
    throw new ServerError(`the server's answer has no ${member}`);
  }
  return v;
}

export function numberOf(answer: Record<string, unknown>, member: string): number {
  const v = answer[member];
  if (!Number.isSafeInteger(v) || (v as number) < 0) {
    throw new ServerError(`the server's answer has no ${member}`);
  }
  return v as number;
}

/** Bytes in base64url; where n is given, so many. */
export function bytesOf(answer: Record<string, unknown>, member: string, n?: number): Bytes {
  const text = textOf(answer, member);
  let b: Bytes;
  try {
    b = fromBase64url(text);
  } catch {
    throw new ServerError(`in the server's answer ${member} is not base64url`);
  }
  if (n !== undefined && b.length !== n) {
    throw new ServerError(`in the server's answer ${member} has ${b.length} bytes`);
  }
  return b;
}
