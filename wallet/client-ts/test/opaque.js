import * as wallet from "../dist/index.js";
import { same } from "./check.js";

/** What each text is as a name, or null. */
export const names = (texts) => texts.map((text) => attempt(() => wallet.canonical(text)));

/** What each text is as a password, or null. */
export const passwords = (texts) => texts.map((text) => attempt(() => wallet.opaqueString(text)));

/** What each list of profiles is read as, or null. */
export const profiles = (lists) => lists.map((list) => attempt(() => wallet.parseProfiles(list).map(wallet.profileText)));

function attempt(act) {
  try {
    return act();
  } catch (e) {
    if (e instanceof wallet.NameError || e instanceof wallet.ProfileError) {
      return null;
    }
    throw e;
  }
}

/** Registers and logs in, step by step, at a server of package session that a test plays. */
export async function play({ url, steps }) {
  const out = [];
  for (const s of steps) {
    out.push(await step(url, s));
  }
  return out;
}

async function step(url, { act, holder, password, profiles, change }) {
  const ask = async (message) => {
    const r = await fetch(`${url}/${act}?${new URLSearchParams({ tenant: holder.tenant, name: holder.name, change: change ?? "" })}`, { method: "POST", body: message });
    same("the test's server", r.status, 200);
    return r.text();
  };
  try {
    const all = profiles.map((p) => (Array.isArray(p) ? { passes: p[0], memory: p[1], lanes: p[2] } : wallet.parseProfile(p)));
    if (act === "register") {
      const r = await wallet.Registering.begin(password);
      const { record, exportKey } = r.finish(await ask(r.request), holder, all[0]);
      return { record, exportKey: wallet.base64url(exportKey) };
    }
    const l = await wallet.LoggingIn.begin(password);
    const got = l.finish(await ask(l.ke1), holder, all);
    return { ke3: got.ke3, sessionKey: wallet.base64url(got.sessionKey), exportKey: wallet.base64url(got.exportKey), profile: wallet.profileText(got.profile) };
  } catch (e) {
    return { error: e?.name ?? "Error", said: String(e) };
  }
}
