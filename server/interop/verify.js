// Verifies a presentation as @digitalbazaar/vc does: {contexts, presentation,
// nonce, domain} -> {verified, error}. Keys are did:key.
import {answer, loader} from './contexts.js';
import {cryptosuite} from '@digitalbazaar/eddsa-rdfc-2022-cryptosuite';
import {DataIntegrityProof} from '@digitalbazaar/data-integrity';
import * as vc from '@digitalbazaar/vc';

// resolver resolves did:key besides the contexts.
function resolver(contexts) {
  const documents = loader(contexts);
  return async url => {
    const [id, key] = url.split('#');
    if(!id.startsWith('did:key:')) {
      return documents(url);
    }
    const method = {
      '@context': 'https://w3id.org/security/multikey/v1', id: `${id}#${id.slice(8)}`,
      type: 'Multikey', controller: id, publicKeyMultibase: id.slice(8)
    };
    const document = key ? method : {
      '@context': ['https://www.w3.org/ns/did/v1', 'https://w3id.org/security/multikey/v1'], id,
      verificationMethod: [method], assertionMethod: [method.id], authentication: [method.id]
    };
    return {contextUrl: null, documentUrl: url, document};
  };
}

await answer(async ({contexts, presentation, nonce, domain}) => {
  const {verified, error} = await vc.verify({
    presentation, challenge: nonce, domain,
    suite: new DataIntegrityProof({cryptosuite}), documentLoader: resolver(contexts)
  });
  return {verified, error: JSON.stringify(error, Object.getOwnPropertyNames(error ?? {}))};
});
