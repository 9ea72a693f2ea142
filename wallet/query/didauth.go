package query

import (
	"slices"
	"strings"

	"github.com/procura-dev/procura/verifier/proof"
)

// cryptosuites are those in which presentations are signed here.
var cryptosuites = append([]string{"eddsa-rdfc-2022", "ecdsa-rdfc-2019", "eddsa-jcs-2022", "ecdsa-jcs-2019"}, proof.OlderTypes()...)

// readAuthentication reads a query to which a presentation without credentials is
// the answer: a wallet that holds none can give it (Verifiable Presentation
// Request, "DID Authentication").
func readAuthentication(o object, q *Query) {
	q.Type = ByDID
	want := &Authentication{Methods: nameds(o, "acceptedMethods", "method"), Cryptosuites: nameds(o, "acceptedCryptosuites", "cryptosuite")}
	required := q.Required
	q.settle = func(s *search, _ []Match) (*Answer, error) {
		have, reason := want.of(s.Holders)
		a := &Answer{Satisfied: reason == "" || !required, Reason: reason, Authentication: have}
		if reason == "" {
			a.Presentations = []Presentation{{For: []string{}, Credentials: []any{}}}
		}
		return a, nil
	}
}

// of is how a wallet with these DIDs can do what is wanted, or why it cannot.
func (want *Authentication) of(holders []string) (*Authentication, string) {
	have := &Authentication{Methods: want.Methods}
	for _, suite := range want.Cryptosuites {
		if slices.Contains(cryptosuites, suite) {
			have.Cryptosuites = append(have.Cryptosuites, suite)
		}
	}
	for _, holder := range holders {
		if want.Accepts(holder) {
			have.Holders = append(have.Holders, holder)
		}
	}
	switch {
	case len(holders) > 0 && len(have.Holders) == 0:
		return have, ReasonHolder
	case len(want.Cryptosuites) > 0 && len(have.Cryptosuites) == 0:
		return have, ReasonCryptosuites
	}
	return have, ""
}

// Accepts reports whether a DID is of a method that is accepted.
func (want *Authentication) Accepts(holder string) bool {
	return len(want.Methods) == 0 || slices.Contains(want.Methods, method(holder))
}

// method is that of a DID.
func method(id string) string {
	parts := strings.SplitN(id, ":", 3)
	if len(parts) < 3 || parts[0] != "did" {
		return ""
	}
	return parts[1]
}
