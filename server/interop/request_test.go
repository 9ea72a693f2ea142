package interop_test

import (
	"encoding/json"
	"net/http"
	"reflect"
	"testing"

	"github.com/procura-dev/procura/verifier/proof"
)

// What a challenge asks for in DCQL, the dcql package understands: it finds
// the credential that is asked for, and no other.
func TestOthersUnderstandOurQuery(t *testing.T) {
	t.Parallel()
	s := newService(t)
	body, err := json.Marshal(question(t, s.camp))
	if err != nil {
		t.Fatal(err)
	}
	status, a := s.post(t, "/v1/challenges", "application/json", body)
	if status != http.StatusCreated {
		t.Fatalf("opening a challenge: %d %v", status, a)
	}
	query := a["presentationRequest"].(map[string]any)["dcql"]
	issuer, holder := key(t, proof.Ed25519), key(t, proof.Ed25519)
	ld, jwt := s.family(t, "eddsa-rdfc-2022", 2, issuer, holder), s.family(t, "vp-jwt", 1, issuer, holder)
	sd := map[string]any{"vct": ld["type"].([]any)[1], "holder": ld["credentialSubject"].(map[string]any)["holder"], "proxied": ld["credentialSubject"].(map[string]any)["proxied"]}
	for _, name := range []string{"trustFrameworkURI", "auditURI", "appealURI"} {
		sd[name] = ld[name]
	}
	other, nobody := s.family(t, "eddsa-rdfc-2022", 2, issuer, holder), s.family(t, "eddsa-rdfc-2022", 2, issuer, holder)
	other["type"] = []any{"VerifiableCredential", "https://other.example#Proxy.G/Other/1.0.0/ChildGuardian"}
	delete(nobody["credentialSubject"].(map[string]any)["proxied"].(map[string]any), "id")
	for name, c := range map[string]struct {
		format     string
		credential map[string]any
		want       []any
	}{
		"over statements":         {"ldp_vc", ld, []any{"ldp_vc"}},
		"a JWT":                   {"jwt_vc_json", jwt, []any{"jwt_vc_json"}},
		"an SD-JWT":               {"dc+sd-jwt", sd, []any{"dc_sd_jwt"}},
		"an SD-JWT of another":    {"dc+sd-jwt", map[string]any{"vct": "https://other.example"}, []any{}},
		"bare, over statements":   {"ldp_vc", jwt, []any{}},
		"of another framework":    {"ldp_vc", other, []any{}},
		"about nobody in special": {"ldp_vc", nobody, []any{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got map[string]any
			run(t, "dcql.js", map[string]any{
				"query": query, "contexts": contexts(t, s.camp),
				"credentials": []any{map[string]any{"format": c.format, "credential": c.credential}},
			}, &got)
			if got["satisfied"] != (len(c.want) > 0) || !reflect.DeepEqual(got["matches"], c.want) {
				t.Errorf("%v, want %v", got, c.want)
			}
		})
	}
}
