package verifier_test

import (
	"encoding/json"
	"testing"

	"github.com/procura-dev/procura/policies"
	"github.com/procura-dev/procura/trustframeworks"
	"github.com/procura-dev/procura/verifier"
)

// A framework's own tests can hold supporting credentials, and what their lists say.
func TestFrameworkTestsOfDelegators(t *testing.T) {
	t.Parallel()
	s := newTownship(t)
	shipped, err := s.library.All()[0].Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	mandate := s.credential(s.amina, func(d, _, p map[string]any) { d["issuer"], p["id"] = laila, laila })
	listed := identityOf(laila, func(d, _ map[string]any) {
		d["issuer"], d["credentialStatus"] = "did:example:town", entry("revocation")
	})
	own := identityOf(laila, func(d, _ map[string]any) { d["issuer"] = laila })
	test := func(name string, value int, want string, reasons []string, sent ...map[string]any) trustframeworks.Test {
		return trustframeworks.Test{
			Name: name, At: "2026-11-20T10:00:00Z",
			Request: trustframeworks.TestRequest{Permissions: []string{"routine-medical-care"}, Proxied: trustframeworks.TestProxied{Attributes: map[string]json.RawMessage{
				"firstName": []byte(`"Laila"`), "lastName": []byte(`"Saleh"`), "birthDate": []byte(`"2018-05-21"`),
			}}},
			Presentations: []trustframeworks.TestPresentation{{Holder: s.amina.DID(), Credentials: sent}},
			Registries:    map[string][]string{"towns": {"did:example:town"}},
			Statuses:      []trustframeworks.TestStatus{{List: listURL, Index: place, Value: value}},
			Expect:        trustframeworks.Expect{Decision: want, Reasons: reasons},
		}
	}
	doc, f := *shipped.Document, *shipped
	none := []string{"holder.no_credential", "permission.ungranted", "proxied.insufficient"}
	doc.Tests = []trustframeworks.Test{
		test("known", 0, policies.Permit, nil, mandate, listed),
		test("revoked", 1, policies.Deny, append([]string{"status.revoked"}, none...), mandate, listed),
		test("unknown", 0, policies.Deny, none, mandate),
		test("by herself", 0, policies.Deny, append([]string{"issuer.refused"}, none...), mandate, own),
	}
	f.Document = &doc
	results, err := verifier.TestFramework(t.Context(), &f)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range results {
		if r.Failure != "" {
			t.Errorf("%s: %s", r.Name, r.Failure)
		}
	}
}
