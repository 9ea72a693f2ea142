// Issues and presents ES256K as did-jwt-vc does, and verifies with it.
import {did} from './suites.js';
import {createVerifiableCredentialJwt, createVerifiablePresentationJwt, verifyCredential, verifyPresentation} from 'did-jwt-vc';
import {ES256KSigner} from 'did-jwt';

const contextV1 = 'https://www.w3.org/2018/credentials/v1';
const seconds = time => Math.floor(new Date(time).getTime() / 1000);

// party is a signer as the library wants it, and its header.
const party = jwk => ({
  by: {did: did(jwk), alg: 'ES256K', signer: ES256KSigner(Buffer.from(jwk.d, 'base64url'))},
  header: {kid: jwk.kid, typ: 'JWT'}
});

export async function presentES256K({credentials, issuer, holder, nonce, domain}) {
  const [from, by] = [party(issuer), party(holder)];
  const signed = await Promise.all(credentials.map(({issuanceDate, expirationDate, ...vc}) => createVerifiableCredentialJwt(
    {nbf: seconds(issuanceDate), exp: seconds(expirationDate), vc}, from.by, {header: from.header})));
  const vp = {'@context': [contextV1], type: ['VerifiablePresentation'], verifiableCredential: signed};
  const presentation = await createVerifiablePresentationJwt(
    {vp, iat: Math.floor(Date.now() / 1000)}, by.by, {challenge: nonce, domain, header: by.header});
  return {presentation, credentials: signed};
}

// verifyES256K checks a presentation and its credentials: {presentation, keys,
// nonce, domain} -> {verified, error}; keys are public JWKs by DID.
export async function verifyES256K({presentation, keys, nonce, domain}) {
  const resolver = {resolve: async id => ({
    didResolutionMetadata: {}, didDocumentMetadata: {},
    didDocument: {
      id, authentication: [keys[id].kid], assertionMethod: [keys[id].kid],
      verificationMethod: [{id: keys[id].kid, type: 'JsonWebKey2020', controller: id, publicKeyJwk: keys[id]}]
    }
  })};
  try {
    const {verifiablePresentation} = await verifyPresentation(presentation, resolver, {challenge: nonce, domain});
    for(const {proof} of verifiablePresentation.verifiableCredential) {
      await verifyCredential(proof.jwt, resolver);
    }
    return {verified: true};
  } catch(e) {
    return {verified: false, error: e.message};
  }
}
