// What checks say when they fail: by themselves, for they run in browsers too.

export const unhex = (text) => Uint8Array.from(text.match(/../g) ?? [], (two) => parseInt(two, 16));

export const hex = (b) => Array.from(b, (c) => c.toString(16).padStart(2, "0")).join("");

export function same(what, got, want) {
  if (got !== want) {
    throw new Error(`${what}: got ${got}, want ${want}`);
  }
}

/** The error that do ends in, which must be of kind. */
export async function fails(what, kind, act) {
  let out;
  try {
    out = await act();
  } catch (e) {
    if (e instanceof kind) {
      return;
    }
    throw new Error(`${what}: got ${e}, want ${kind.name}`);
  }
  throw new Error(`${what}: got ${out}, want ${kind.name}`);
}
