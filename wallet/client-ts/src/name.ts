// Names and passwords as RFC 8265 has them compared (PRECIS, RFC 8264), by the
// Unicode of the engine. Where the engine does not say enough (joiners between
// letters), a text is refused: two clients never read one text as two names.

/** A name that no account can have, or a password that none is. */
export class NameError extends Error {
  override name = "NameError";
}

const longest = 128;

/**
 * A name as it is compared and kept (RFC 8265, 3.3, UsernameCaseMapped). The
 * rule for names written from right to left (RFC 5893, 2) is left to the server:
 * it refuses names, and changes none.
 */
export function canonical(name: string): string {
  if (name.length > 4 * longest) {
    throw new NameError(`a name has 1–${longest} bytes`);
  }
  const folded = name.replace(/[\u3000\uFF00-\uFFEF]/g, (c) => c.normalize("NFKC"));
  // Letter by letter: the last sigma of a word is no other letter.
  const lower = Array.from(folded, (c) => c.toLowerCase()).join("").normalize("NFC");
  const bytes = new TextEncoder().encode(lower).length;
  if (bytes === 0 || bytes > longest) {
    throw new NameError(`a name has 1–${longest} bytes`);
  }
  if (!allowed(lower, identifier)) {
    throw new NameError("this cannot be the name of an account");
  }
  return lower;
}

/** A password as it is proved (RFC 8265, 4.2, OpaqueString). */
export function opaqueString(text: string): string {
  const out = text.replace(/\p{Zs}/gu, " ").normalize("NFC");
  if (out === "" || !allowed(out, freeform)) {
    throw new NameError("this cannot be a password");
  }
  return out;
}

const printable = /^[\u0021-\u007E]$/;
const letterOrDigit = /^[\p{Ll}\p{Lu}\p{Lo}\p{Nd}\p{Lm}\p{Mn}\p{Mc}]$/u;
const jamo = /^[\u1100-\u11FF\uA960-\uA97C\uD7B0-\uD7FB]$/;
const ignored = /^[\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}]$/u;
const exceptions = { valid: /^[\u00DF\u03C2\u06FD\u06FE\u0F0B\u3007]$/, not: /^[\u0640\u07FA\u302E\u302F\u3031-\u3035\u303B]$/ };

// RFC 8264, 4.2 and 4.3.
const identifier = (c: string) => c === c.normalize("NFKC") && letterOrDigit.test(c);
const freeform = (c: string) =>
  letterOrDigit.test(c) || c !== c.normalize("NFKC") || /^[\p{Zs}\p{S}\p{P}\p{Lt}\p{Nl}\p{No}\p{Me}]$/u.test(c);

function allowed(text: string, of: (c: string) => boolean): boolean {
  const all = Array.from(text);
  return all.every((c, i) => {
    if (printable.test(c) || exceptions.valid.test(c)) {
      return true;
    }
    const inContext = contexts.find((rule) => rule.of.test(c));
    if (inContext) {
      return inContext.holds(all[i - 1] ?? "", all[i + 1] ?? "", text);
    }
    return !exceptions.not.test(c) && !jamo.test(c) && !ignored.test(c) && of(c);
  });
}

// RFC 5892, appendix A.3–A.9: letters that need others about them.
const contexts: { of: RegExp; holds: (before: string, after: string, text: string) => boolean }[] = [
  { of: /^\u00B7$/, holds: (before, after) => before === "l" && after === "l" },
  { of: /^\u0375$/, holds: (_, after) => /^\p{Script=Greek}$/u.test(after) },
  { of: /^[\u05F3\u05F4]$/, holds: (before) => /^\p{Script=Hebrew}$/u.test(before) },
  { of: /^\u30FB$/, holds: (_, __, text) => /[\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Han}]/u.test(text) },
  { of: /^[\u0660-\u0669]$/, holds: (_, __, text) => !/[\u06F0-\u06F9]/.test(text) },
  { of: /^[\u06F0-\u06F9]$/, holds: (_, __, text) => !/[\u0660-\u0669]/.test(text) },
];
