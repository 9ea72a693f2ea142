// Issues, presents and verifies SD-JWT VCs by @sd-jwt/sd-jwt-vc, as an issuer's,
// a wallet's and a verifier's program would. To present: {claims, disclosable,
// disclosed, hash, issuer, holder, nonce, domain} -> {presentation}, with frames
// as the library has them. To verify: {presentation, nonce, issuer, holder} ->
// {verified, claims, error}.
import {randomBytes} from 'node:crypto';
import {algorithms, bare, hasher, signer, verifies} from './sdjwt_library.js';
import {answer} from './contexts.js';
import {SDJwtVcInstance} from '@sd-jwt/sd-jwt-vc';

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
