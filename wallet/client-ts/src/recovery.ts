import { type Bytes, equal, random } from "./bytes.js";
import { derive } from "./keys.js";

/** A recovery code was not written as one is. */
export class CodeError extends Error {
  override name = "CodeError";
  constructor() {
    super("a recovery code has 11 groups of 5 letters and digits, and this is none or has a slip in it");
  }
}

const letters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"; // Crockford's
const size = 32;

/** A recovery code: 256 random bits that open the slot recovery. It is shown once. */
export class Recovery {
  readonly #code: Bytes;

  constructor(code: Bytes = random(size)) {
    this.#code = code;
  }

  /** The code and two bytes of its SHA-256, in eleven groups of five. */
  async text(): Promise<string> {
    const all = write(new Uint8Array([...this.#code, ...(await check(this.#code))]));
    return all.match(/.{5}/g)!.join("-");
  }

  /** Reads it as people write it down. */
  static async parse(text: string): Promise<Recovery> {
    const all = text.trim().toUpperCase().replace(/[- ]/g, "").replaceAll("O", "0").replace(/[IL]/g, "1");
    if (!/^[0-9A-HJKMNP-TV-Z]{55}$/.test(all)) {
      throw new CodeError();
    }
    const b = read(all);
    const code = b.slice(0, size);
    if (!equal(b.subarray(size), await check(code)) || write(b) !== all) {
      throw new CodeError();
    }
    return new Recovery(code);
  }

  /** What proves to the server that its holder has the code. */
  auth(): Promise<Bytes> {
    return derive(this.#code, "procura/wallet/recovery/auth");
  }

  /** The key of the slot. */
  under(): Promise<Bytes> {
    return derive(this.#code, "procura/wallet/slot/recovery");
  }
}

async function check(code: Bytes): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", code)).slice(0, 2);
}

function write(b: Uint8Array): string {
  const bits = Array.from(b, (c) => c.toString(2).padStart(8, "0")).join("");
  return bits.match(/.{1,5}/g)!.map((five) => letters[parseInt(five.padEnd(5, "0"), 2)]).join("");
}

function read(text: string): Bytes {
  const bits = Array.from(text, (c) => letters.indexOf(c).toString(2).padStart(5, "0")).join("");
  return Uint8Array.from(bits.match(/.{8}/g)!, (eight) => parseInt(eight, 2));
}
