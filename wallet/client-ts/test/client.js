import * as wallet from "../dist/index.js";
import { hex, unhex } from "./check.js";

/** Registers and logs in at a running server, step by step. */
export async function play({ origin, steps }) {
  const out = [];
  for (const s of steps) {
    out.push(await step(origin, s));
  }
  return out;
}

async function step(origin, { act, tenant, name, password, invitation, device, root }) {
  try {
    const client = new wallet.Client(origin, tenant);
    if (act === "register") {
      const made = await client.register(name, password, invitation);
      return { account: hex(made.account.id), name: made.name };
    }
    const s = await client.login(name, password, device);
    return { until: s.term.until.toISOString(), device: s.term.device ?? "", partition: await opened(s, root, tenant) };
  } catch (e) {
    return { error: e?.kind || e?.name, status: e?.status ?? 0, retryAfter: e?.retryAfter ?? 0, said: String(e) };
  }
}

// What the account's root key opens, which another client sealed under it.
async function opened(s, root, tenant) {
  if (!root) {
    return "";
  }
  const account = { tenant, id: unhex(root.account) };
  const key = await s.root(account, 1, unhex(root.slot));
  const p = await key.openPartition(unhex(root.id), 1, unhex(root.partition));
  return hex(p.serve());
}
