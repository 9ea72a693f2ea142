package verifier_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/procura-dev/procura/policies/facts"
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
