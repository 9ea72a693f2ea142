// Verifies what an issuer answered, and asks its status lists, as others would
// who have only these packages: {contexts, requests: [{issued, lists, keys}]} ->
// [{verified, good, error}]. lists are what was published, by URL; keys are public
// JWKs, by verification method; good is what all statuses say.
import {answer} from './contexts.js';
import {resolver, spelling} from './verification.js';
import {suites} from './suites.js';
import {verifies, hasher} from './sdjwt_library.js';
import * as bitstring from '@digitalbazaar/vc-bitstring-status-list';
import * as list2021 from '@digitalbazaar/vc-status-list';
import * as vc from '@digitalbazaar/vc';
import {importJWK, jwtVerify} from 'jose';
import {SDJwtVcInstance} from '@sd-jwt/sd-jwt-vc';

const algorithms = {Ed25519: 'EdDSA', 'P-256': 'ES256', 'P-384': 'ES384'};
const suite = Object.values(suites).map(each => each.verify());
const v2 = 'https://www.w3.org/ns/credentials/v2';

async function jwt(text, keys) {
  const {payload} = await jwtVerify(text, ({kid, alg}) => importJWK(keys[kid], alg === algorithms[keys[kid].crv] ? alg : 'none'));
  return payload.vc ?? payload;
}

async function linked(credential, documents) {
  const {verified, error} = await vc.verifyCredential({
    credential, suite, documentLoader: resolver(documents, spelling(credential)), checkStatus: async () => ({verified: true})
  });
  if(!verified) {
    throw error;
  }
  return credential;
}

async function statuses(credential, contexts, lists) {
  const [entry] = credential.credentialStatus;
  const list = lists[entry.statusListCredential];
  const old = entry.type === 'StatusList2021Entry';
  // Under VCDM 1.1 the library wants a context that defines the entry. A JWT
  // covers its text.
  const asked = old || credential['@context'][0] === v2 ? credential : {...credential, '@context': [v2]};
  const {verified, error, results} = await (old ? list2021 : bitstring).checkStatus({
    credential: asked, suite, documentLoader: resolver({...contexts, ...lists}, spelling(list))
  });
  if(error && !results) {
    throw error;
  }
  return {good: verified && results.every(({status}) => !status)};
}

async function selective(text, {lists, keys}) {
  const [key] = Object.values(keys);
  let value;
  const library = new SDJwtVcInstance({
    hasher, hashAlg: 'sha-256', verifier: (data, signature) => verifies(key, data, signature),
    statusListFetcher: async uri => lists[uri], statusValidator: async status => { value = status; }
  });
  await library.verify(text);
  return {good: value === 0};
}

async function check(contexts, request) {
  const {issued, lists, keys} = request;
  const enveloped = issued.type === 'EnvelopedVerifiableCredential' ? issued.id.split(',')[1] : issued;
  if(typeof enveloped !== 'string') {
    return statuses(await linked(enveloped, contexts), contexts, lists);
  }
  return enveloped.includes('~') ? selective(enveloped, request) : statuses(await jwt(enveloped, keys), contexts, lists);
}

async function told(contexts, request) {
  try {
    return {verified: true, ...await check(contexts, request)};
  } catch(error) {
    return {verified: false, error: JSON.stringify(error, Object.getOwnPropertyNames(error ?? {}))};
  }
}

await answer(({contexts, requests}) => Promise.all(requests.map(each => told(contexts, each))));
