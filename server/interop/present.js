// Issues credentials and presents them, as an issuer's and a wallet's program
// would: {form, contexts, credentials, issuer, holder, nonce, domain} with the
// keys as private JWKs whose kid is the verification method. Forms: a suite's
// name (suites.js, by @digitalbazaar/vc), vp-jwt (VC-JWT 1.1) and vp+jwt
// (VC-JOSE), both by jose, and ES256K (VC-JWT 1.1, by did-jwt-vc). The answer is
// {presentation, credentials}.
import {answer, loader} from './contexts.js';
import {did, suites} from './suites.js';
import {importJWK, SignJWT} from 'jose';
import {presentES256K} from './didjwt.js';
import * as vc from '@digitalbazaar/vc';

const contextV1 = 'https://www.w3.org/2018/credentials/v1';
const contextV2 = 'https://www.w3.org/ns/credentials/v2';
const seconds = time => Math.floor(new Date(time).getTime() / 1000);

async function linkedData({form, contexts, credentials, issuer, holder, nonce, domain}) {
  const documentLoader = loader(contexts);
  const suite = suites[form].sign;
  const signed = [];
  for(const credential of credentials) {
    signed.push(await vc.issue({credential, suite: await suite(issuer), documentLoader}));
  }
  const version = credentials[0]?.['@context'][0] === contextV1 ? 1.0 : 2.0;
  const unsigned = vc.createPresentation({verifiableCredential: signed, holder: did(holder), version});
  const presentation = await vc.signPresentation({
    presentation: unsigned, suite: await suite(holder), challenge: nonce, domain, documentLoader
  });
  return {presentation, credentials: signed};
}

async function sign(jwk, typ, claims) {
  const alg = {Ed25519: 'EdDSA', 'P-256': 'ES256', 'P-384': 'ES384'}[jwk.crv];
  return new SignJWT(claims).setProtectedHeader({alg, typ, kid: jwk.kid}).sign(await importJWK(jwk, alg));
}

async function jwt11({credentials, issuer, holder, nonce, domain}) {
  const signed = await Promise.all(credentials.map(credential => sign(issuer, 'JWT', {
    iss: did(issuer), nbf: seconds(credential.issuanceDate), exp: seconds(credential.expirationDate), vc: credential
  })));
  const vp = {'@context': [contextV1], type: ['VerifiablePresentation'], verifiableCredential: signed};
  const presentation = await sign(holder, 'JWT', {
    iss: did(holder), aud: domain, nonce, iat: Math.floor(Date.now() / 1000), vp
  });
  return {presentation, credentials: signed};
}

async function jose20({credentials, issuer, holder, nonce, domain}) {
  const signed = await Promise.all(credentials.map(credential => sign(issuer, 'vc+jwt', credential)));
  const presentation = await sign(holder, 'vp+jwt', {
    '@context': [contextV2], type: ['VerifiablePresentation'], holder: did(holder),
    verifiableCredential: signed.map(jwt => ({
      '@context': contextV2, id: `data:application/vc+jwt,${jwt}`, type: 'EnvelopedVerifiableCredential'
    })),
    aud: domain, nonce, iat: Math.floor(Date.now() / 1000)
  });
  return {presentation, credentials: signed};
}

const forms = {'vp-jwt': jwt11, 'vp+jwt': jose20, ES256K: presentES256K};
await answer(request => (forms[request.form] ?? linkedData)(request));
