// The holder's side of a Procura wallet, in Node and in browsers: it proves a
// password that no server sees, talks through the sealed channel, and makes the
// wallet's keys. docs/wallet.md says what each side can see.
export { type Bytes, base64url, fromBase64url } from "./bytes.js";
export { type Answer, digest, Keys, MessageError, Pending, type Request } from "./channel.js";
export { Client, type Registered } from "./client.js";
export { Identity } from "./identity.js";
export { derive, type Item, Partition, Root, type Sealed, type Slot, underOpaque, underPasskey } from "./keys.js";
export { canonical, NameError, opaqueString } from "./name.js";
export { type Holder, LoggingIn, type Login, OpaqueError, PasswordError, Registering } from "./opaque.js";
export { Problem, ServerError } from "./problem.js";
export { parseProfile, parseProfiles, type Profile, ProfileError, profileText } from "./profile.js";
export { CodeError, Recovery } from "./recovery.js";
export { type Account, type ID, open, type Place, placeBytes, seal, SealedError } from "./seal.js";
export { Session, type Term } from "./session.js";
