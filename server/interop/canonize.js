// Canonical N-Quads by jsonld.js: {contexts, documents} -> [string, or {error}].
import {answer, loader} from './contexts.js';
import jsonld from 'jsonld';

await answer(async ({contexts, documents}) => {
  const documentLoader = loader(contexts);
  const out = [];
  for(const document of documents) {
    try {
      out.push(await jsonld.canonize(document, {
        algorithm: 'RDFC-1.0', safe: true, documentLoader,
        canonizeOptions: {algorithm: 'RDFC-1.0', maxWorkFactor: 3}
      }));
    } catch(e) {
      out.push({error: `${e.message} ${JSON.stringify(e.details ?? '').slice(0, 500)}`});
    }
  }
  return out;
});
