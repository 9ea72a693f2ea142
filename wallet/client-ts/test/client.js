import * as wallet from "../dist/index.js";
import { fails, hex, same } from "./check.js";

/** Registers and logs in at a running server, step by step. */
export async function play({ origin, steps }) {
  const out = [];
  for (const s of steps) {
    out.push(await step(origin, s));
  }
  return out;
}

async function step(origin, { act, tenant, name, password, invitation, device, keep }) {
  try {
    const client = new wallet.Client(origin, tenant);
    if (act === "register") {
      const made = await client.register(name, password, invitation);
      return { account: hex(made.account.id), name: made.name };
    }
    const s = await client.login(name, password, device);
    const had = await contents(s, keep);
    await Promise.all(Array.from({ length: 20 }, () => s.do("GET", "account"))); // in any order
    await fails("a partition that there is not", wallet.Problem, () => s.do("GET", `partitions/${b64(new Uint8Array(16))}/items/x`));
    await again(s, password);
    await s.close();
    await fails("a session that ended", wallet.Problem, () => s.do("GET", "account"));
    return { until: s.term.until.toISOString(), device: s.term.device ?? "", ...had };
  } catch (e) {
    return { error: e?.kind || e?.name, status: e?.status ?? 0, retryAfter: e?.retryAfter ?? 0, said: String(e) };
  }
}

// There is no recovery code to be removed: that is found out once the password was
// proved for it, and not before.
async function again(s, password) {
  const kind = async (f) => f().then(() => "", (e) => e.kind || e.name);
  same("without the password", await kind(() => s.do("DELETE", "recovery")), "step-up-required");
  same("with another", await kind(() => s.doAgain(`${password}!`, "DELETE", "recovery")), "PasswordError");
  same("with it", await kind(() => s.doAgain(password, "DELETE", "recovery")), "item-unknown");
}

// Keeps an item in a partition of its own, and reads every item of every
// partition: those that another client wrote too.
async function contents(s, keep) {
  const { account, root, name } = await s.open();
  if (keep) {
    const p = wallet.Partition.make(account);
    await s.do("POST", "partitions", { id: b64(p.id), epoch: 1, mode: "sealed", root: root.generation, key: b64(await root.partition(p)) });
    const item = { id: crypto.getRandomValues(new Uint8Array(16)), kind: "credential", version: 1 };
    const sealed = await p.seal(item, new TextEncoder().encode(keep));
    const tag = b64(await p.tag("tag", "type=note"));
    await s.do("POST", `partitions/${b64(p.id)}/items`, { id: b64(item.id), kind: item.kind, epoch: 1, key: b64(sealed.key), content: b64(sealed.content), tags: [tag] });
    const found = await s.do("GET", `partitions/${b64(p.id)}/items?tag=${tag}&most=1`);
    same("found by its tag", found.items.length, 1);
  }
  const read = [];
  for (const each of (await s.do("GET", "partitions")).partitions) {
    const p = await root.openPartition(unb64(each.id), each.epoch, unb64(each.key));
    for (const i of (await s.do("GET", `partitions/${each.id}/items`)).items) {
      const item = { id: unb64(i.id), kind: i.kind, version: i.version };
      read.push(new TextDecoder().decode(await p.open(item, { key: unb64(i.key), content: unb64(i.content) })));
    }
  }
  return { name, read: read.sort() };
}

const [b64, unb64] = [wallet.base64url, wallet.fromBase64url];
