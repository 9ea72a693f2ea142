package verifier_test

import (
	"encoding/json"
	"testing"

	"github.com/procura-dev/procura/policies"
	"github.com/procura-dev/procura/trustframeworks"
	"github.com/procura-dev/procura/verifier"
	"github.com/procura-dev/procura/verifier/proof"
	"github.com/procura-dev/procura/verifier/vc"
)

// unproved is a credential of the garage as a framework's own test has it.
func unproved(issuer *proof.Key, doc map[string]any) map[string]any {
	doc["issuer"] = issuer.DID()
	return doc
}

// A framework's own tests can say what time-stamps show, and since when a credential
// is revoked.
func TestFrameworkTestsOfWhatSurvives(t *testing.T) {
	t.Parallel()
	g := newGarage(t)
	g.library = survives(t)
	shipped, err := g.library.All()[0].Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	listed := func(index string) edit {
		return func(d, _, _ map[string]any) {
			e := entry("revocation")
			e["statusListIndex"], d["credentialStatus"] = index, e
		}
	}
	chained := func() map[string]any {
		c1 := unproved(g.company, unsigned("Subsidiary", "regional_office", g.office, vc.FormatVCJWT11, nil, listed("1")))
		c2 := unproved(g.office, unsigned("Renter", "renter", g.alice, vc.FormatVCJWT11, embedded(c1), listed("94567")))
		return unproved(g.alice, unsigned("Valet", "valet", g.ben, vc.FormatVCJWT11, embedded(c2), nil))
	}
	const leaf, middle = "/verifiableCredential/0", "/verifiableCredential/0/provenanceProofs/0/1/verifiableCredential/0"
	const before, since = "2026-11-20T09:49:59Z", "2026-11-20T09:50:00Z"
	test := func(name, credential, made, since, want string, reasons ...string) trustframeworks.Test {
		p := trustframeworks.TestPresentation{Holder: g.ben.DID(), Credentials: []map[string]any{chained()}}
		if credential != "" {
			p.TimeStamps = []trustframeworks.TestTimeStamp{{Credential: credential, At: made}}
		}
		return trustframeworks.Test{
			Name: name, At: "2026-11-20T10:00:00Z",
			Request: trustframeworks.TestRequest{Permissions: []string{"drive"}, Proxied: trustframeworks.TestProxied{
				Attributes: map[string]json.RawMessage{"vin": []byte(`"` + vin + `"`)},
			}},
			Presentations: []trustframeworks.TestPresentation{p},
			Circumstances: trustframeworks.TestCircumstances{Place: map[string]any{"lat": 29.7691, "lon": -95.5293, "accuracyM": 5.0}},
			Registries:    g.companies(),
			Statuses:      []trustframeworks.TestStatus{{List: listURL, Index: place, Value: 1, RevokedAt: since}},
			Expect:        trustframeworks.Expect{Decision: want, Reasons: reasons},
		}
	}
	undone := []string{"chain.refused", "holder.no_credential", "permission.ungranted", "status.revoked"}
	doc, f := *shipped.Document, *shipped
	doc.Tests = []trustframeworks.Test{
		test("signed before", leaf, before, since, policies.Permit),
		test("signed then", leaf, since, since, policies.Deny, undone...),
		test("nothing shows it", "", "", since, policies.Deny, undone...),
		test("that of the revoked one alone", middle, before, since, policies.Deny, undone...),
		test("revoked since nobody knows when", leaf, before, "", policies.Deny, undone...),
		test("over nothing", "/verifiableCredential/1", before, since, policies.Deny, undone...),
	}
	f.Document = &doc
	results, err := verifier.TestFramework(t.Context(), &f)
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range results {
		if missing := i == len(results)-1; missing != (r.Failure == "/presentations/0/timeStamps/0: names a credential that is not there") || !missing && r.Failure != "" {
			t.Errorf("%s: %q", r.Name, r.Failure)
		}
	}
}
