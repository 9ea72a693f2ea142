// The vectors of docs/wallet-keys.md, and what must not open.
import * as wallet from "../dist/index.js";
import { fails, hex, same, unhex } from "./check.js";

const bytes = new Set(["account", "partition", "item"]);

function place(v) {
  const of = ([name, value]) => [name, bytes.has(name) ? unhex(value) : /^\d+$/.test(value) ? Number(value) : value];
  return Object.fromEntries(Object.entries(v).map(of));
}

const playing = {
  "place of an item": playPlace,
  "place of a root key": playPlace,
  "place of a partition's key": playPlace,
  seal: playSeal,
  "slot opaque": async (v) => same("key", hex(await wallet.underOpaque(unhex(v.in.export_key))), v.out.key),
  "recovery code": playRecovery,
  "check of a partition's key": async (v) => {
    const p = new wallet.Partition(account, new Uint8Array(16), 1, unhex(v.in.key));
    same("check", hex(await p.check()), v.out.check);
  },
  tag: playTag,
  "own keys": playOwn,
};

function playPlace(v) {
  same("place", hex(wallet.placeBytes(place(v.in))), v.out.place);
}

// The vector has the place as it is encoded: it is that of the vector before.
async function playSeal(v, item) {
  const [key, content, salt] = [v.in.key, v.in.content, v.in.salt].map(unhex);
  same("place", hex(wallet.placeBytes(item)), v.in.place);
  same("sealed", hex(await wallet.seal(key, item, content, salt)), v.out.sealed);
  same("opened", hex(await wallet.open(key, item, unhex(v.out.sealed))), v.in.content);
}

async function playRecovery(v) {
  const code = new wallet.Recovery(unhex(v.in.code));
  same("text", await code.text(), v.out.text);
  const written = v.out.text.toLowerCase().replaceAll("-", " ").replaceAll("0", "o").replaceAll("1", "l");
  const read = await wallet.Recovery.parse(written);
  same("auth", hex(await read.auth()), v.out.auth);
  same("key", hex(await read.under()), v.out.key);
}

const account = { tenant: "default", id: new Uint8Array(16).fill(1) };

async function playTag(v) {
  const p = new wallet.Partition(account, new Uint8Array(16), 1, unhex(v.in.key));
  same("tag", hex(await p.tag(v.in.field, v.in.value)), v.out.tag);
}

// The account's own keys, sealed and opened again.
async function playOwn(v) {
  const root = wallet.Root.make(account);
  const made = wallet.Identity.of(unhex(v.in.x25519), unhex(v.in.ed25519));
  const got = await root.openIdentity(await root.identity(made));
  const { box, sign } = await got.public();
  same("box", hex(box), v.out.box);
  same("sign", hex(sign), v.out.sign);
  same("signature", hex(await got.sign(unhex(v.in.message))), v.out.signature);
}

/** Plays every vector. */
export async function vectors(list) {
  same("how many there are", list.length, Object.keys(playing).length);
  const item = place(list.find((v) => v.step === "place of an item").in);
  for (const v of list) {
    await playing[v.step](v, item);
  }
}

export async function refused() {
  const root = wallet.Root.make(account);
  const p = wallet.Partition.make(account);
  const item = { id: new Uint8Array(16).fill(7), kind: "credential", version: 2 };
  const kept = await p.seal(item, new Uint8Array([1, 2, 3]));
  same("content", hex(await p.open(item, kept)), "010203");
  const { SealedError } = wallet;
  await fails("another version", SealedError, () => p.open({ ...item, version: 1 }, kept));
  await fails("another kind", SealedError, () => p.open({ ...item, kind: "key" }, kept));
  await fails("another item", SealedError, () => p.open({ ...item, id: new Uint8Array(16) }, kept));
  await fails("the next epoch", SealedError, () => p.next().open(item, kept));
  await fails("another epoch's number", SealedError, () => new wallet.Partition(account, p.id, 2, p.serve()).open(item, kept));
  await everyByte(p, item, kept);

  const under = new Uint8Array(32).fill(9);
  const slot = await root.slot("opaque", under);
  const partition = await root.partition(p);
  const again = await wallet.Root.openSlot(account, 1, "opaque", under, slot);
  same("partition", hex((await again.openPartition(p.id, 1, partition)).serve()), hex(p.serve()));
  await fails("another slot", SealedError, () => wallet.Root.openSlot(account, 1, "recovery", under, slot));
  await fails("another generation", SealedError, () => wallet.Root.openSlot(account, 2, "opaque", under, slot));
  await fails("another tenant", SealedError, () => wallet.Root.openSlot({ ...account, tenant: "b" }, 1, "opaque", under, slot));
  await fails("another key", SealedError, () => wallet.Root.openSlot(account, 1, "opaque", p.serve(), slot));
  await fails("a partition of the next root", SealedError, () => root.next().openPartition(p.id, 1, partition));
  await fails("something that is no key", SealedError, async () =>
    wallet.Root.openSlot(account, 1, "opaque", under, await wallet.seal(under, { purpose: "root", tenant: "default", account: account.id, kind: "opaque", version: 1 }, new Uint8Array(31))));
  await fails("own keys that are too long", SealedError, async () => root.openIdentity(await root.identity({ private: () => new Uint8Array(65) })));
  await fails("a short own key", TypeError, () => wallet.Identity.of(new Uint8Array(31), new Uint8Array(32)));
  const one = await wallet.Identity.make();
  same("a random one is another", hex(one.private()) === hex((await wallet.Identity.make()).private()), false);
  await fails("a short passkey", TypeError, () => wallet.underPasskey(new Uint8Array(31)));
  root.wipe();
  p.wipe();
  same("wiped", hex(p.serve()), "00".repeat(32));
  await codes();
}

async function everyByte(p, item, kept) {
  for (const part of ["key", "content"]) {
    for (let i = 0; i < kept[part].length; i++) {
      const changed = { ...kept, [part]: kept[part].slice() };
      changed[part][i] ^= 1;
      await fails(`${part}, byte ${i} changed`, wallet.SealedError, () => p.open(item, changed));
      await fails(`${part}, cut to ${i}`, wallet.SealedError, () => p.open(item, { ...kept, [part]: kept[part].slice(0, i) }));
    }
  }
}

async function codes() {
  const text = await new wallet.Recovery(new Uint8Array(32).fill(5)).text();
  const other = (c) => (c === "2" ? "3" : "2");
  for (let i = 0; i < text.length; i++) {
    if (text[i] !== "-") {
      await fails(`code, letter ${i} changed`, wallet.CodeError, () => wallet.Recovery.parse(text.slice(0, i) + other(text[i]) + text.slice(i + 1)));
    }
  }
  for (const bad of ["", text.slice(1), text + "0", text.replace(/.$/, "U"), "x".repeat(1000)]) {
    await fails(`code ${bad}`, wallet.CodeError, () => wallet.Recovery.parse(bad));
  }
}
