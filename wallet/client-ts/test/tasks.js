// What a test may ask for, in Node and in a browser.
import * as cbor from "./cbor.js";
import * as channel from "./channel.js";
import * as client from "./client.js";
import * as keys from "./keys.js";
import * as opaque from "./opaque.js";

export const tasks = {
  "cbor.forms": cbor.forms,
  "channel.vectors": channel.vectors,
  "channel.talk": channel.talk,
  "client.play": client.play,
  "keys.vectors": keys.vectors,
  "keys.refused": keys.refused,
  "opaque.names": opaque.names,
  "opaque.passwords": opaque.passwords,
  "opaque.profiles": opaque.profiles,
  "opaque.play": opaque.play,
};

/** Does one, and says what became of it. */
export async function perform({ task, request }) {
  try {
    return { done: (await tasks[task](request)) ?? null };
  } catch (e) {
    return { failed: String(e?.stack ?? e) };
  }
}
