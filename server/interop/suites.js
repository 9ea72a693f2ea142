// The proof suites that npm packages have, by name: how they sign with a private
// JWK whose kid is the verification method, what verifies them, and how they
// want a did:key's document to spell its key.
import * as EcdsaMultikey from '@digitalbazaar/ecdsa-multikey';
import * as Ed25519Multikey from '@digitalbazaar/ed25519-multikey';
import * as ecdsaJcs from '@digitalbazaar/ecdsa-jcs-2019-cryptosuite';
import * as eddsaJcs from '@digitalbazaar/eddsa-jcs-2022-cryptosuite';
import {cryptosuite as ecdsaRdfc} from '@digitalbazaar/ecdsa-rdfc-2019-cryptosuite';
import {cryptosuite as eddsaRdfc} from '@digitalbazaar/eddsa-rdfc-2022-cryptosuite';
import {DataIntegrityProof} from '@digitalbazaar/data-integrity';
import {Ed25519Signature2018} from '@digitalbazaar/ed25519-signature-2018';
import {Ed25519Signature2020} from '@digitalbazaar/ed25519-signature-2020';

export const did = jwk => jwk.kid.split('#')[0];

// pair is a key of a Multikey library.
async function pair(library, jwk) {
  const {kid, ...key} = jwk;
  const out = await library.fromJwk({jwk: key, secretKey: true});
  out.id = kid;
  out.controller = did(jwk);
  return out;
}

const dataIntegrity = (library, sign, verify) => ({
  sign: async jwk => new DataIntegrityProof({signer: (await pair(library, jwk)).signer(), cryptosuite: sign}),
  verify: () => new DataIntegrityProof({cryptosuite: verify})
});

const older = Suite => ({
  sign: async jwk => new Suite({signer: (await pair(Ed25519Multikey, jwk)).signer()}),
  verify: () => new Suite()
});

export const suites = {
  'eddsa-rdfc-2022': dataIntegrity(Ed25519Multikey, eddsaRdfc, eddsaRdfc),
  'ecdsa-rdfc-2019': dataIntegrity(EcdsaMultikey, ecdsaRdfc, ecdsaRdfc),
  'eddsa-jcs-2022': dataIntegrity(Ed25519Multikey, eddsaJcs.createSignCryptosuite(), eddsaJcs.createVerifyCryptosuite()),
  'ecdsa-jcs-2019': dataIntegrity(EcdsaMultikey, ecdsaJcs.createSignCryptosuite(), ecdsaJcs.createVerifyCryptosuite()),
  Ed25519Signature2020: older(Ed25519Signature2020),
  Ed25519Signature2018: older(Ed25519Signature2018)
};
