// CBOR in the deterministic form of RFC 8949, 4.2.1, of what the channel and
// places hold: numbers from 0, bytes, texts, arrays, and maps by text.
import { type Bytes, concat, utf8 } from "./bytes.js";

export type Value = number | string | Uint8Array | Value[] | { [name: string]: Value };

export class CBORError extends Error {
  override name = "CBORError";
}

const [numbers, bytes, texts, arrays, maps] = [0, 2, 3, 4, 5];
const deepest = 4;

export function encode(v: Value): Bytes {
  if (typeof v === "number") {
    return head(numbers, v);
  }
  if (typeof v === "string") {
    const b = utf8(v);
    return concat(head(texts, b.length), b);
  }
  if (v instanceof Uint8Array) {
    return concat(head(bytes, v.length), v);
  }
  if (Array.isArray(v)) {
    return concat(head(arrays, v.length), ...v.map(encode));
  }
  return encodeMap(v);
}

function encodeMap(v: { [name: string]: Value }): Bytes {
  const members = Object.entries(v).map(([name, value]) => ({ name: encode(name), value: encode(value) }));
  members.sort((a, b) => compare(a.name, b.name));
  return concat(head(maps, members.length), ...members.flatMap((m) => [m.name, m.value]));
}

function compare(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    if (a[i] !== b[i]) {
      return a[i]! - b[i]!;
    }
  }
  return a.length - b.length;
}

function head(major: number, n: number): Bytes {
  if (!Number.isSafeInteger(n) || n < 0) {
    throw new CBORError("numbers are from 0 to 2^53-1");
  }
  const first = (major ?? 0) << 5;
  if (n < 24) {
    return Uint8Array.of(first | n);
  }
  const size = n < 0x100 ? 0 : n < 0x10000 ? 1 : n < 0x100000000 ? 2 : 3;
  const out = new Uint8Array(1 + (1 << size));
  out[0] = first | (24 + size);
  for (let i = out.length - 1, rest = n; i > 0; i--, rest = Math.floor(rest / 256)) {
    out[i] = rest % 256;
  }
  return out;
}

/** Reads one value that is all of b, and in this form; else CBORError. */
export function decode(b: Uint8Array): Value {
  const r = new Reader(b);
  const v = r.value(0);
  if (r.at !== b.length) {
    throw new CBORError("there is more than one value");
  }
  return v;
}

class Reader {
  at = 0;
  constructor(private readonly b: Uint8Array) {}

  value(depth: number): Value {
    if (depth > deepest) {
      throw new CBORError("this is too deep");
    }
    const [major, n] = this.head();
    switch (major) {
      case numbers:
        return n;
      case bytes:
        return this.take(n).slice();
      case texts:
        return this.text(n);
      case arrays:
        return this.array(n, depth);
      case maps:
        return this.map(n, depth);
    }
    throw new CBORError("this is a kind of value that is not used");
  }

  private take(n: number): Uint8Array {
    if (n > this.b.length - this.at) {
      throw new CBORError("this ends too early");
    }
    return this.b.subarray(this.at, (this.at += n));
  }

  private head(): [major: number, n: number] {
    const first = this.take(1)[0]!;
    const [major, short] = [first >> 5, first & 31];
    if (short < 24) {
      return [major, short];
    }
    if (short > 27) {
      throw new CBORError("lengths are definite");
    }
    const n = this.take(1 << (short - 24)).reduce((sum, c) => sum * 256 + c, 0);
    if (n < [24, 0x100, 0x10000, 0x100000000][short - 24]! || !Number.isSafeInteger(n)) {
      throw new CBORError("numbers are in their shortest form, up to 2^53-1");
    }
    return [major, n];
  }

  private text(n: number): string {
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(this.take(n).slice());
    } catch (e) {
      throw e instanceof CBORError ? e : new CBORError("texts are UTF-8");
    }
  }

  private array(n: number, depth: number): Value[] {
    const out: Value[] = [];
    for (let i = 0; i < n; i++) {
      out.push(this.value(depth + 1));
    }
    return out;
  }

  private map(n: number, depth: number): { [name: string]: Value } {
    const out: { [name: string]: Value } = Object.create(null);
    let before: Bytes | undefined;
    for (let i = 0; i < n; i++) {
      const name = this.value(depth + 1);
      if (typeof name !== "string") {
        throw new CBORError("members have names");
      }
      const encoded = encode(name);
      if (before && compare(before, encoded) >= 0) {
        throw new CBORError("members are in order, each once");
      }
      out[name] = this.value(depth + 1);
      before = encoded;
    }
    return out;
  }
}
