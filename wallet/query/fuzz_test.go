package query_test

import (
	"errors"
	"testing"

	"github.com/procura-dev/procura/verifier/vc"
	"github.com/procura-dev/procura/wallet/query"
)

// Whatever is asked, an answer is of credentials that are held, is for a part of
// the query, and presents nothing where something required is not there.
func FuzzAnswer(f *testing.F) {
	for _, seed := range []string{
		example(`{"type": ["WorkPermit"], "credentialSubject": {"name": "", "languages": ["de"]}}`),
		`{"query": [{"type": "DIDAuth", "acceptedMethods": [{"method": "key"}]}], "challenge": "c", "domain": "d"}`,
		identified(`, "claims": [{"id": "a", "path": ["address", "locality"]}, {"id": "b", "path": ["degrees", null, "year"], "values": [2011]}], "claim_sets": [["b"], ["a"]]`),
		dcql(`"credentials": [{"id": "a", "format": "ldp_vc", "meta": {"type_values": [["x"]]}, "multiple": true}], "credential_sets": [{"options": [["a"]], "required": false}]`),
		exchange(`{"id": "d", "format": {"jwt_vc": {"alg": ["EdDSA"]}, "vc+sd-jwt": {}}, "input_descriptors": [{"id": "a", "group": ["A"], "constraints": {"limit_disclosure": "required",
			"fields": [{"path": ["$.address['locality']", "$..[?(@.year>2012)].type"], "optional": true, "filter": {"$defs": {"a": {"type": "string", "pattern": "^M"}}, "anyOf": [{"$ref": "#/$defs/a"}, {"enum": [1, {}]}]}}]}},
			{"id": "b", "group": ["B"], "constraints": {"subject_is_issuer": "preferred"}}],
			"submission_requirements": [{"rule": "pick", "min": 1, "max": 2, "from_nested": [{"rule": "all", "from": "A"}, {"rule": "pick", "count": 1, "from": "B"}]}]}`),
		`{"query": {"type": "QueryByFrame", "credentialQuery": {"reason": "r", "frame": {"@context": "https://www.w3.org/ns/credentials/v2", "type": ["VerifiableCredential"], "@explicit": true, "name": {}}}}}`,
	} {
		f.Add([]byte(seed))
	}
	w, _ := held(f)
	w.Holders = []string{"did:key:z6"}
	f.Fuzz(func(t *testing.T, raw []byte) {
		v, err := vc.ParseJSON(raw)
		if err != nil {
			return
		}
		r, err := query.ReadRequest(v)
		if err != nil {
			if _, named := errors.AsType[*query.Fault](err); !named {
				t.Fatalf("an error without a name: %v", err)
			}
			return
		}
		all, err := w.Answer(t.Context(), r)
		if err != nil {
			if _, named := errors.AsType[*query.Fault](err); !named {
				t.Fatalf("an error without a name: %v", err)
			}
			return
		}
		for _, a := range all {
			sound(t, w, &a)
		}
	})
}

func sound(t *testing.T, w *query.Wallet, a *query.Answer) {
	if !a.Satisfied && len(a.Presentations) > 0 {
		t.Fatal("something is presented, though what is required is not there")
	}
	ids := map[string]bool{}
	for _, m := range a.Matches {
		ids[m.ID] = true
		if (len(m.Candidates) == 0) != (m.Reason != "") {
			t.Fatalf("%d candidates, and the reason %q", len(m.Candidates), m.Reason)
		}
	}
	for _, p := range a.Presentations {
		for _, id := range p.For {
			if !ids[id] {
				t.Fatalf("a presentation for %q, which is no match", id)
			}
		}
		for _, c := range p.Credentials {
			if _, err := query.Read("", c); err != nil {
				t.Fatalf("what is presented is no credential: %v", err)
			}
		}
	}
	if len(w.Credentials) != 5 {
		t.Fatal("the wallet was changed")
	}
}

func FuzzResolveManifest(f *testing.F) {
	i := newIssuer(f)
	jwt := i.sign(f, "", vc.FormatVCJWT11, permit).Raw.(string)
	f.Add([]byte(`{"manifest": ` + manifest + `, "credentials": [{"descriptor": "permit", "credential": "` + jwt + `"}]}`))
	f.Add([]byte(`{"manifest": ` + manifest + `, "response": {"verifiableCredential": ["` + jwt + `"], "credential_response": {"manifest_id": "m", "fulfillment": {"descriptor_map": [{"id": "permit", "path": "$.verifiableCredential[0]"}]}}}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		v, err := vc.ParseJSON(raw)
		if err != nil {
			return
		}
		if _, err := query.ResolveManifest(t.Context(), v); err != nil {
			if _, named := errors.AsType[*query.Fault](err); !named {
				t.Fatalf("an error without a name: %v", err)
			}
		}
	})
}
