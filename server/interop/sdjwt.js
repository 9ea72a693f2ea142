// Issues, presents and verifies SD-JWT VCs by @sd-jwt/sd-jwt-vc, as an issuer's,
// a wallet's and a verifier's program would. To present: {claims, disclosable,
// disclosed, hash, issuer, holder, nonce, domain} -> {presentation}, with frames
// as the library has them. To verify: {presentation, nonce, issuer, holder} ->
// {verified, claims, error}. Keys are JWKs whose kid is the verification method.
import {createHash, createPrivateKey, createPublicKey, randomBytes, sign, verify} from 'node:crypto';
import {answer} from './contexts.js';
import {SDJwtVcInstance} from '@sd-jwt/sd-jwt-vc';

const algorithms = {'Ed25519': 'EdDSA', 'P-256': 'ES256', 'P-384': 'ES384'};
const digests = {'Ed25519': null, 'P-256': 'sha256', 'P-384': 'sha384'};
const bare = ({kty, crv, x, y}) => y ? {kty, crv, x, y} : {kty, crv, x};

function signer(jwk) {
  const key = createPrivateKey({key: jwk, format: 'jwk'});
  return data => sign(digests[jwk.crv], Buffer.from(data), {key, dsaEncoding: 'ieee-p1363'}).toString('base64url');
}

function verifies(jwk, data, signature) {
  const key = createPublicKey({key: bare(jwk), format: 'jwk'});
  return verify(digests[jwk.crv], Buffer.from(data), {key, dsaEncoding: 'ieee-p1363'}, Buffer.from(signature, 'base64url'));
}

const hasher = (data, name) => new Uint8Array(createHash(name.replace('-', '')).update(data).digest());

async function present({claims, disclosable, disclosed, hash, issuer, holder, nonce, domain}) {
  const library = new SDJwtVcInstance({
    signer: signer(issuer), signAlg: algorithms[issuer.crv], hasher, hashAlg: hash,
    saltGenerator: length => randomBytes(length).toString('base64url'),
    kbSigner: signer(holder), kbSignAlg: algorithms[holder.crv]
  });
  const issued = await library.issue(
    {...claims, cnf: {jwk: bare(holder)}}, disclosable, {header: {kid: issuer.kid}});
  return {presentation: await library.present(issued, disclosed, {
    kb: {payload: {iat: Math.floor(Date.now() / 1000), aud: domain, nonce}}
  })};
}

async function check({presentation, nonce, issuer}) {
  const library = new SDJwtVcInstance({
    verifier: (data, signature) => verifies(issuer, data, signature), hasher, hashAlg: 'sha-256',
    kbVerifier: (data, signature, payload) => verifies(payload.cnf.jwk, data, signature)
  });
  try {
    const {payload} = await library.verify(presentation, {keyBindingNonce: nonce});
    return {verified: true, claims: payload};
  } catch(error) {
    return {verified: false, error: String(error)};
  }
}

await answer(request => request.presentation ? check(request) : present(request));
