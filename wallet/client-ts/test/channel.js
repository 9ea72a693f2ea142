// The vectors of docs/wallet-channel.md, and talk with a server of package channel.
import * as wallet from "../dist/index.js";
import { decode, encode } from "../dist/cbor.js";
import { fails, hex, same, unhex } from "./check.js";

/** Plays every vector. */
export async function vectors([derived, request, answer, stepUp]) {
  const keys = await wallet.Keys.derive(unhex(derived.session_key));
  same("header", keys.header(), derived.header);
  const plain = decode(unhex(request.plain));
  same("plain", hex(encode(plain)), request.plain);
  const { message, pending } = await keys.ask(Number(request.seq), plain, unhex(request.salt));
  same("request", hex(message), request.message);
  const got = await pending.read(unhex(answer.message));
  same("answer", hex(encode(got)), answer.plain);
  same("digest", hex(await wallet.digest(plain)), stepUp.digest);
  await everyByte(keys, pending, request, unhex(answer.message));
  await fails("a short session key", TypeError, () => wallet.Keys.derive(new Uint8Array(32)));
}

async function everyByte(keys, pending, request, raw) {
  const refused = (what, p, b) => fails(what, wallet.MessageError, () => p.read(b));
  for (let i = 0; i < raw.length; i++) {
    const changed = raw.slice();
    changed[i] ^= 1;
    await refused(`byte ${i} changed`, pending, changed);
    await refused(`cut to ${i}`, pending, raw.slice(0, i));
  }
  await refused("a byte more", pending, new Uint8Array([...raw, 0]));
  await refused("the request", pending, unhex(request.message));
  const asked = { method: "GET", path: "/", requestId: "r-1" };
  await refused("another request's", (await keys.ask(1, asked)).pending, raw);
  await refused("the next request's", (await keys.ask(2, asked, unhex(request.salt))).pending, raw);
  await refused("another requestId's", (await keys.ask(1, { ...asked, requestId: "r-2" }, unhex(request.salt))).pending, raw);
}

/** Asks a server; of each path it answers something else. */
export async function talk({ url, sessionKey }) {
  const keys = await wallet.Keys.derive(unhex(sessionKey));
  let seq = 0;
  const ask = async (r) => {
    const { message, pending } = await keys.ask(++seq, r);
    const response = await fetch(url, { method: "POST", headers: { "Procura-Session": keys.header() }, body: message });
    return pending.read(new Uint8Array(await response.arrayBuffer()));
  };
  const full = { method: "POST", path: "/echo", query: "a=1&b=é", contentType: "application/json", body: new TextEncoder().encode('{"a":1}'), requestId: "r.1_-" };
  const got = await ask(full);
  same("what the server heard", new TextDecoder().decode(got.body), 'POST /echo a=1&b=é application/json {"a":1} r.1_-');
  same("answer", `${got.status} ${got.contentType} ${got.requestId}`, "201 text/plain r.1_-");
  const short = { method: "GET", path: "/", requestId: "2" };
  same("with nothing more", new TextDecoder().decode((await ask(short)).body), "GET /    2");
  same("empty", JSON.stringify(await ask({ ...short, path: "/empty" })), '{"status":204,"requestId":"2"}');
  same("forged well", (await ask({ ...short, path: "/forged" })).status, 200);
  for (const path of refusedPaths) {
    await fails(path, wallet.MessageError, () => ask({ ...short, path }));
  }
}

// At which the server answers what a client must not take.
const refusedPaths = [
  ..."/before /garbage /indefinite /long-number /tag".split(" "),
  ..."/list /nothing /unknown-member /unknown-number /twice /order /bytes /other-id /no-id /no-status /text-status /number-type".split(" "),
];
