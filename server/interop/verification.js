// Verifies a presentation as @digitalbazaar/vc does, with every suite there is:
// {contexts, presentation, nonce, domain} -> {verified, error}. Keys are did:key.
import {loader} from './contexts.js';
import {suites} from './suites.js';
import * as vc from '@digitalbazaar/vc';

// How the key of a DID is spelled for a type of proof.
const multikey = {context: 'https://w3id.org/security/multikey/v1', type: 'Multikey'};
const spelled = {
  Ed25519Signature2018: {context: 'https://w3id.org/security/suites/ed25519-2020/v1', type: 'Ed25519VerificationKey2020'},
  Ed25519Signature2020: {context: 'https://w3id.org/security/suites/ed25519-2020/v1', type: 'Ed25519VerificationKey2020'}
};

// spelling is how a document's proof has it.
export const spelling = ({proof}) => spelled[proof.type] ?? multikey;

// resolver resolves did:key besides the contexts.
export function resolver(contexts, {context, type}) {
  const documents = loader(contexts);
  return async url => {
    const [id, key] = url.split('#');
    if(!id.startsWith('did:key:')) {
      return documents(url);
    }
    const method = {'@context': context, id: `${id}#${id.slice(8)}`, type, controller: id, publicKeyMultibase: id.slice(8)};
    const document = key ? method : {
      '@context': ['https://www.w3.org/ns/did/v1', context], id,
      verificationMethod: [method], assertionMethod: [method.id], authentication: [method.id]
    };
    return {contextUrl: null, documentUrl: url, document};
  };
}

export async function verification({contexts, presentation, nonce, domain}) {
  const {verified, error} = await vc.verify({
    presentation, challenge: nonce, domain,
    suite: Object.values(suites).map(suite => suite.verify()),
    documentLoader: resolver(contexts, spelling(presentation))
  });
  return {verified, error: JSON.stringify(error, Object.getOwnPropertyNames(error ?? {}))};
}
