package verifier_test

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/procura-dev/procura/policies/facts"
	"github.com/procura-dev/procura/verifier/proof"
)

// A request for a presentation asks, in both languages, for the variants that
// the question accepts, and shows no value of the proxied identity.
func TestPresentationRequest(t *testing.T) {
	t.Parallel()
	s := kept(t)
	c := s.open(t, "school")
	c.Request.Proxied.Attributes = map[string]facts.Comparable{"photo": {SHA256: strings.Repeat("a", 64)}, "first_name": {Text: "Laila"}}
	types := func(variant string) (iris []string, said string) {
		c.Request.Framework.Variant = variant
		r := s.verifier.PresentationRequest(c)
		raw, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		if r.VP.Challenge != c.Nonce || r.VP.Domain != c.Domain {
			t.Errorf("challenge %q, domain %q, want those of the challenge", r.VP.Challenge, r.VP.Domain)
		}
		for _, q := range r.VP.Query {
			iris = append(iris, q.Query.Example.Type[1])
		}
		return iris, string(raw)
	}
	all, said := types("")
	one, _ := types("ChildGuardian")
	if len(all) < 2 || len(one) != 1 || !strings.HasSuffix(one[0], "/1.0.0/ChildGuardian") || !slices.Contains(all, one[0]) {
		t.Errorf("all types are %v, those of a variant %v", all, one)
	}
	for _, want := range []string{`"first_name"`, `"photo"`, `"id"`, `/1.0/ChildGuardian`, `/1/ChildGuardian`} {
		if !strings.Contains(said, want) {
			t.Errorf("%s does not hold %s", said, want)
		}
	}
	for _, secret := range []string{"Laila", c.Request.Proxied.ID, strings.Repeat("a", 64)} {
		if strings.Contains(said, secret) {
			t.Errorf("the request shows %q", secret)
		}
	}
}

// A holder who discloses of an SD-JWT exactly what is asked for has shown enough:
// also what nothing but the variant's schema requires.
func TestWhatAnSDJWTIsAskedForIsEnough(t *testing.T) {
	t.Parallel()
	s := kept(t)
	c := s.open(t, "routine-medical-care")
	request := s.verifier.PresentationRequest(c)
	issued := s.sdIssued(t, s.credential(s.amina, nil))
	vct := s.sdClaims(s.amina, nil)["vct"].(string)
	found := false
	for _, q := range request.DCQL.Credentials {
		if !slices.Contains(q.Meta.VCT, vct) {
			continue
		}
		found = true
		keep := func(path []string) bool {
			for _, claim := range q.Claims {
				if n := min(len(claim.Path), len(path)); slices.Equal(claim.Path[:n], path[:n]) {
					return true
				}
			}
			return false
		}
		shown := bound(t, s.amina, proof.Expect{Nonce: c.Nonce, Domain: c.Domain}, issued, keep)
		if a := s.submit(t, c, shown); a.Decision != "permit" {
			t.Errorf("%s: %+v", a.Decision, a)
		}
	}
	if !found {
		t.Errorf("nothing asks for %s", vct)
	}
}

// Variants whose schemas require the same are asked for by one query, others by
// another, each with an id of its own.
func TestSDJWTQueriesPartByClaims(t *testing.T) {
	t.Parallel()
	s := kept(t)
	c := s.open(t, "school")
	c.Request.Framework.Name = "Bank Staff Delegation"
	got := map[string][]string{}
	request := s.verifier.PresentationRequest(c)
	for _, q := range request.DCQL.Credentials[2:] {
		for _, claim := range q.Claims {
			if path := strings.Join(claim.Path, "/"); path == "holder/name" || path == "holder/staffNumber" {
				got[q.ID] = append(got[q.ID], path)
			}
		}
	}
	want := map[string][]string{"dc_sd_jwt": {"holder/name"}, "dc_sd_jwt_2": {"holder/name", "holder/staffNumber"}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if options := request.DCQL.CredentialSets[0].Options; len(options) != 4 || options[3][0] != "dc_sd_jwt_2" {
		t.Errorf("one of %v is enough", options)
	}
}
