package main

import (
	"context"
	"time"

	"github.com/procura-dev/procura/verifier/proof"
	"github.com/procura-dev/procura/verifier/vc"
)

// What demo and example take from the camp's framework, as it ships.
const (
	campName    = "Refugee Camp Guardianship"
	campURI     = "https://procura.dev/frameworks/refugee-camp-guardianship"
	campIssuers = "camp-issuers" // the registry of those who may issue under it
	campDomain  = "clinic.example"
	lailaDID    = "did:example:laila"
)

// laila is the child of the story, as credentials and requests name her.
func laila() map[string]any {
	return map[string]any{"firstName": "Laila", "lastName": "Saleh", "birthDate": "2018-05-21"}
}

// A grandparent is what the camp's office writes into a credential.
type grandparent struct {
	did         string
	name        string
	from, until time.Time
	constraints map[string]any
}

// credential is the unsigned credential: alone a grandparent decides about
// doctor, school and necessaries; two together may travel.
func (g *grandparent) credential() map[string]any {
	schema := campURI + "/1.0.0/schemas/ChildGuardian"
	proxied := laila()
	proxied["id"], proxied["type"] = lailaDID, schema+"#proxied"
	proxied["photo"] = "ni:///sha-256;n4bQgYhMfWWaL-qgxVrQFaO_TxsrC4Is0V1sFbDwCgg"
	proxied["permissions"] = []any{
		map[string]any{"grant": []any{"routine-medical-care", "school", "necessaries"}, "when": map[string]any{"roles": "grandparent"}},
		map[string]any{"grant": []any{"light-travel"}, "when": map[string]any{"roles": "grandparent", "n": 2.0}},
	}
	return map[string]any{
		"@context":       []any{vc.ContextV1, "https://github.com/hyperledger/aries-rfcs/tree/main/concepts/0103-indirect-identity-control"},
		"type":           []any{"VerifiableCredential", "Proxy.G/" + campName + "/1.0.0/ChildGuardian"},
		"issuanceDate":   g.from.UTC().Format(time.RFC3339),
		"expirationDate": g.until.UTC().Format(time.RFC3339),

		"trustFrameworkURI": campURI, "auditURI": "", "appealURI": "tel:+23566000001",
		"credentialSubject": map[string]any{
			"holder": map[string]any{
				"id": g.did, "type": schema + "#holder", "firstName": g.name, "role": "grandparent",
				"rationaleURI": campURI + "/rationales/kinship", "constraints": g.constraints,
			},
			"proxied": proxied,
		},
	}
}

// signed is the credential as a JWT of the issuer.
func (g *grandparent) signed(ctx context.Context, issuer *proof.Key) (string, error) {
	signed, err := (&proof.Signer{Key: issuer, At: g.from}).Credential(ctx, g.credential(), vc.FormatVCJWT11)
	if err != nil {
		return "", err
	}
	return signed.(string), nil
}
