// Asks a wallet's credentials as the dcql package does: {query, contexts,
// credentials: [{format, credential}]} -> {satisfied, matches: [id]}. Types are
// expanded by jsonld; one that no context defines stays as it is (OpenID4VP
// 1.0, type_values).
import {answer, loader} from './contexts.js';
import {DcqlQuery} from 'dcql';
import jsonld from 'jsonld';

async function types(credential, documentLoader) {
  return Promise.all(credential.type.map(async type => {
    const [node] = await jsonld.expand(
      {'@context': credential['@context'], '@id': 'urn:x', type: [type]}, {documentLoader, base: null});
    return node?.['@type']?.[0] ?? type;
  }));
}

await answer(async ({query, contexts, credentials}) => {
  const parsed = DcqlQuery.parse(query);
  DcqlQuery.validate(parsed);
  const wallet = await Promise.all(credentials.map(async ({format, credential}) => ({
    credential_format: format, cryptographic_holder_binding: true,
    ...(format === 'dc+sd-jwt' ?
      {vct: credential.vct, claims: credential} :
      {type: await types(credential, loader(contexts)), claims: credential})
  })));
  const result = DcqlQuery.query(parsed, wallet);
  const matches = Object.entries(result.credential_matches).filter(([, m]) => m.success).map(([id]) => id);
  return {satisfied: result.can_be_satisfied, matches: matches.sort()};
});
