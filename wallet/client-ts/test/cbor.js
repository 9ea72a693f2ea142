import { CBORError, decode, encode } from "../dist/cbor.js";
import { fails, hex, same, unhex } from "./check.js";

// RFC 8949, appendix A, what of it is used; then what RFC 8949, 4.2.1 forbids.
const good = ["00", "17", "1818", "18ff", "190100", "19ffff", "1a00010000", "1affffffff", "1b0000000100000000", "1b001fffffffffffff", "40", "4401020304", "60", "6161", "62c3bc", "64f0908591", "80", "83010203", "8301820203820405", "a0", "a26161016162820203", "a26162016261610a"];
const bad = [
  "", "1817", "1900ff", "1a0000ffff", "1b00000000ffffffff", "1b0020000000000000", "1bffffffffffffffff", "20", "3903e7", "f4", "f6", "f97e00", "fb3ff199999999999a", "c001", "d818410a",
  "5f4101ff", "7f6161ff", "9f01ff", "bf616101ff", "1c", "1f", "ff", "41", "6261", "8201", "a16161", "a1016161", "0000", "61ff", "62c328", "63eda080",
  "a2616101616102", "a2616202616101", "a262616101616202", "9bffffffffffffffff", "bb001fffffffffffff", "5b001fffffffffffff", "81".repeat(100000) + "00",
];

export async function forms() {
  for (const text of good) {
    same(`decoded and encoded`, hex(encode(decode(unhex(text)))), text);
  }
  for (const text of bad) {
    await fails(text.slice(0, 40), CBORError, () => decode(unhex(text)));
  }
  for (const n of [-1, 0.5, NaN, Infinity, 2 ** 53]) {
    await fails(`${n}`, CBORError, () => encode(n));
  }
  same("a member called __proto__", decode(unhex("a1695f5f70726f746f5f5f01"))["__proto__"], 1);
}
