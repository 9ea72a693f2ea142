// Package query finds in a wallet what a verifier asks for, and cuts it to what
// may be shown: QueryByExample and DIDAuthentication (W3C CCG, "Verifiable
// Presentation Request"), QueryByFrame (as Aries wallets have it, after JSON-LD
// 1.1 Framing), DIF Presentation Exchange 2.1.1, and DCQL (OpenID4VP 1.0).
//
// It signs nothing, checks no signature and no status, fetches nothing and does
// not decide whether its holder should answer. What it does not understand of a
// query is an error by name, or matches nothing: it never matches more.
package query

import (
	"context"
	"errors"
	"fmt"

	"github.com/procura-dev/procura/verifier/proof"
)

// What can be wrong with a query. The error is a *[Fault].
var (
	ErrMalformed   = errors.New("this is no query that can be read")
	ErrUnsupported = errors.New("the query asks for what is not understood here")
	ErrTooMuch     = errors.New("the query asks for more than is done for one")
)

// A Fault says what of a query is wrong.
type Fault struct {
	Kind error  // ErrMalformed, ErrUnsupported or ErrTooMuch
	Path string // JSON Pointer into the query; empty: the whole of it
	Why  string // one sentence without values of the query
}

func (f *Fault) Error() string { return fmt.Sprintf("%v: %s %s", f.Kind, f.Path, f.Why) }

// Unwrap is its kind.
func (f *Fault) Unwrap() error { return f.Kind }

// The types of queries.
const (
	ByExample  = "QueryByExample"
	ByFrame    = "QueryByFrame"
	ByExchange = "PresentationExchange"
	ByDCQL     = "DCQL"
	ByDID      = "DIDAuthentication" // also DIDAuth, its older name
)

// Bounds of a request.
const (
	maxQueries = 16
	maxParts   = 64 // of one query: examples, frames, descriptors, credential queries
	maxList    = 64 // of what a part lists
	maxText    = 4096
	maxWork    = 4 << 20 // values looked at for one request
)

// MaxCredentials bounds what one request is held against.
const MaxCredentials = 4096

// Why nothing is in a [Match].
const (
	ReasonNone         = "none"         // no credential is as it must be
	ReasonFormat       = "format"       // credentials of this format are not kept here
	ReasonUndisclosed  = "undisclosed"  // one is, but it cannot be shown in part
	ReasonAuthorities  = "authorities"  // whom an authority certifies cannot be told
	ReasonHolder       = "holder"       // no DID of the wallet's is of the methods
	ReasonCryptosuites = "cryptosuites" // it signs in none of them
	ReasonContext      = "context"      // one may be, but is under a JSON-LD context that is not known
	ReasonSets         = "sets"         // what is there is no set or number of those that are asked for
)

// A Wallet is what a request is answered from.
type Wallet struct {
	Credentials []*Credential                   // at most MaxCredentials; the first that fits is chosen
	Holders     []string                        // DIDs that it can present as; empty: it is not known
	Contexts    func(url string) ([]byte, bool) // published JSON-LD contexts; nil: those that ship alone
}

// A Request is what a verifier asks (Verifiable Presentation Request, "Query and
// Response Types").
type Request struct {
	Queries   []Query // 1–16
	Challenge string
	Domain    string
}

// A Query is one of a request's.
type Query struct {
	Type string
	// Group is of VCALM, "Logical Operations in Queries": queries of one group are to
	// be answered together, and one group or query without one is enough. Where nobody
	// has a group the older specification wants all of them.
	Group    string
	Required bool
	parts    []part
	settle   func(*search, []Match) (*Answer, error) // nil: the first of each match is presented
}

// A part is one thing that a query asks for.
type part struct {
	id       string // in the query
	required bool
	find     func(*search) (Match, error)
}

// An Answer is what a wallet has for one query. It is unsigned, and its holder's
// to send or not.
type Answer struct {
	Type           string          `json:"type"`
	Group          string          `json:"group,omitempty"`
	Satisfied      bool            `json:"satisfied"`        // all that is required is there; else nothing is presented
	Reason         string          `json:"reason,omitempty"` // why what is required is not
	Matches        []Match         `json:"matches,omitempty"`
	Presentations  []Presentation  `json:"presentations,omitempty"` // to be signed, each by itself
	Submission     *Submission     `json:"presentation_submission,omitempty"`
	Authentication *Authentication `json:"authentication,omitempty"`
}

// A Match is what a wallet has for one part of a query.
type Match struct {
	ID         string      `json:"id"`       // of the part, or its place from 0
	Required   bool        `json:"required"` // by itself; of sets and submission requirements the answer tells
	Candidates []Candidate `json:"candidates,omitempty"`
	Reason     string      `json:"reason,omitempty"` // why there is none

	multiple bool
	unbound  bool
}

// A Candidate is a credential that fits.
type Candidate struct {
	Credential string `json:"credential"` // as its wallet calls it
	shown      any    // what is to be presented of it
	of         *Credential
}

// A Presentation is one that is to be made: what [proof.Signer.Presentation] takes.
type Presentation struct {
	For         []string `json:"for"`    // ids of the matches that it answers
	Format      string   `json:"format"` // vc.FormatVPJWT11, …; of no credential empty: any
	Credentials []any    `json:"credentials"`
	Unbound     bool     `json:"unbound,omitempty"` // DCQL: the credential itself is asked for, without a holder's proof

	of []*Credential // as Credentials
}

// An Authentication is how a holder is to sign who shows a DID (Verifiable
// Presentation Request, "The DID Authentication Query Format").
type Authentication struct {
	Holders      []string `json:"holders,omitempty"`      // of the wallet's DIDs those that are accepted
	Methods      []string `json:"methods,omitempty"`      // of DIDs that are accepted; none: any
	Cryptosuites []string `json:"cryptosuites,omitempty"` // that are accepted and made here; none: any
}

// A search is a wallet while a request is held against it.
type search struct {
	*Wallet
	ctx  context.Context
	work int             // values that may still be looked at
	ld   *proof.Verifier // knows contexts, and remembers them for this request
}

// spend takes work, or says that there is none left.
func (s *search) spend(n int) error {
	if s.work -= n; s.work < 0 {
		return &Fault{Kind: ErrTooMuch, Why: "ask for less, or of fewer credentials"}
	}
	return s.ctx.Err()
}

// Answer holds a request against a wallet: an answer for each query, in its order.
func (w *Wallet) Answer(ctx context.Context, r *Request) ([]Answer, error) {
	if len(w.Credentials) > MaxCredentials {
		return nil, &Fault{Kind: ErrTooMuch, Why: fmt.Sprintf("more than %d credentials", MaxCredentials)}
	}
	s := &search{Wallet: w, ctx: ctx, work: maxWork, ld: &proof.Verifier{Contexts: w.Contexts, Cache: &proof.ContextCache{}}}
	out := make([]Answer, len(r.Queries))
	for i := range r.Queries {
		a, err := s.answer(&r.Queries[i])
		if err != nil {
			return nil, err
		}
		out[i] = *a
	}
	return out, nil
}

func (s *search) answer(q *Query) (*Answer, error) {
	matches := make([]Match, len(q.parts))
	for i, p := range q.parts {
		m, err := p.find(s)
		if err != nil {
			return nil, err
		}
		if m.ID, m.Required = p.id, p.required && q.Required; len(m.Candidates) > 0 {
			m.Reason = ""
		}
		matches[i] = m
	}
	settle := q.settle
	if settle == nil {
		settle = each
	}
	a, err := settle(s, matches)
	if err != nil {
		return nil, err
	}
	a.Type, a.Group, a.Matches = q.Type, q.Group, matches
	return a, nil
}

// each presents the first of every match, once.
func each(_ *search, matches []Match) (*Answer, error) {
	a := &Answer{Satisfied: true}
	var chosen []chosen
	for _, m := range matches {
		switch {
		case len(m.Candidates) > 0:
			chosen = append(chosen, choose(m))
		case m.Required:
			a.Satisfied, a.Reason = false, m.Reason
		}
	}
	if a.Satisfied {
		a.Presentations, _ = together(chosen)
	}
	return a, nil
}

// A chosen is a candidate that is presented for a match.
type chosen struct {
	id string
	Candidate
}

func choose(m Match) chosen { return chosen{m.ID, m.Candidates[0]} }

// A position is a credential's in an answer's presentations.
type position struct{ presentation, credential int }

// together puts what is chosen into as few presentations as its formats allow, each
// credential once, and says where.
func together(all []chosen) (out []Presentation, at []position) {
	for _, c := range all {
		p := place(out, c)
		if p.presentation == len(out) {
			out = append(out, Presentation{Format: c.of.presented()})
		}
		to := &out[p.presentation]
		if p.credential == len(to.Credentials) {
			to.Credentials, to.of = append(to.Credentials, c.shown), append(to.of, c.of)
		}
		to.For, at = append(to.For, c.id), append(at, p)
	}
	return out, at
}

// place is where a credential stands, or is to be put: an SD-JWT VC stands alone.
func place(all []Presentation, c chosen) position {
	for i, p := range all {
		if p.Format != c.of.presented() {
			continue
		}
		for j := range p.of {
			if p.of[j] == c.of && (c.of.sd == nil || p.Credentials[j] == c.shown) {
				return position{i, j}
			}
		}
		if p.Format != formatSDJWT && len(p.of) < maxList {
			return position{i, len(p.of)}
		}
	}
	return position{len(all), 0}
}

// matching are the credentials that fit, in their order.
func (s *search) matching(fits func(*Credential) (shown any, ok bool, err error)) ([]Candidate, error) {
	var out []Candidate
	for _, c := range s.Credentials {
		if err := s.spend(1); err != nil {
			return nil, err
		}
		shown, ok, err := fits(c)
		if err != nil {
			return nil, err
		}
		if ok {
			out = append(out, Candidate{Credential: c.ID, shown: shown, of: c})
		}
	}
	return out, nil
}
