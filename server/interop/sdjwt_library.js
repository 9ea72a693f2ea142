// What @sd-jwt/sd-jwt-vc leaves to its caller: signing, verifying and hashing, by
// Node's own cryptography. Keys are JWKs whose kid is the verification method.
import {createHash, createPrivateKey, createPublicKey, sign, verify} from 'node:crypto';

export const algorithms = {'Ed25519': 'EdDSA', 'P-256': 'ES256', 'P-384': 'ES384'};
const digests = {'Ed25519': null, 'P-256': 'sha256', 'P-384': 'sha384'};
export const bare = ({kty, crv, x, y}) => y ? {kty, crv, x, y} : {kty, crv, x};

export function signer(jwk) {
  const key = createPrivateKey({key: jwk, format: 'jwk'});
  return data => sign(digests[jwk.crv], Buffer.from(data), {key, dsaEncoding: 'ieee-p1363'}).toString('base64url');
}

export function verifies(jwk, data, signature) {
  const key = createPublicKey({key: bare(jwk), format: 'jwk'});
  return verify(digests[jwk.crv], Buffer.from(data), {key, dsaEncoding: 'ieee-p1363'}, Buffer.from(signature, 'base64url'));
}

export const hasher = (data, name) => new Uint8Array(createHash(name.replace('-', '')).update(data).digest());
