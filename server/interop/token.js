// Makes an access token (RFC 9068) as jose does: {alg, issuer, audience, claims}
// -> {jwks, token}.
import {answer} from './contexts.js';
import {exportJWK, generateKeyPair, SignJWT} from 'jose';

await answer(async ({alg, issuer, audience, claims}) => {
  const {publicKey, privateKey} = await generateKeyPair(alg, {extractable: true});
  const jwk = {...await exportJWK(publicKey), kid: 'k', alg, use: 'sig'};
  const token = await new SignJWT(claims).setProtectedHeader({alg, kid: 'k', typ: 'at+jwt'})
    .setIssuer(issuer).setAudience(audience).setIssuedAt().setExpirationTime('5m').sign(privateKey);
  return {jwks: {keys: [jwk]}, token};
});
