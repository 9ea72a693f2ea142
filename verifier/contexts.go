package verifier

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"

	"github.com/procura-dev/procura/trustframeworks"
	"github.com/procura-dev/procura/verifier/chain"
	"github.com/procura-dev/procura/verifier/proof"
	"github.com/procura-dev/procura/verifier/vc"
)

// ListedIn are the contexts that a document lists, as proofs are checked under them.
// One that does more than give names to IRIs is in no sound document, and is left out.
func ListedIn(contexts []trustframeworks.ListedContext) []proof.Listed {
	var out []proof.Listed
	for i := range contexts {
		l := &contexts[i]
		raw, err := json.Marshal(l.Document)
		if err != nil {
			continue
		}
		terms, err := l.Terms()
		if err != nil {
			continue
		}
		listed := proof.Listed{URI: l.URI, Document: raw}
		for _, t := range terms {
			listed.Terms = append(listed.Terms, proof.Term(t))
		}
		out = append(out, listed)
	}
	return out
}

// listed returns a context that the release lists.
func (r *Release) listed(url string) ([]byte, bool) {
	for _, l := range r.Listed {
		if l.URI == url {
			return l.Document, true
		}
	}
	return nil, false
}

// contexts are those that some releases list, and else those that are published.
func (l *Library) contextsOf(of []*Release) func(url string) ([]byte, bool) {
	return func(url string) ([]byte, bool) {
		for _, r := range of {
			if raw, ok := r.listed(url); ok {
				return raw, true
			}
		}
		return l.Context(url)
	}
}

// list adds the contexts that a release lists. Where two list others at one address
// nobody knows which a credential of neither is under.
func (l *Library) list(r *Release) {
	for _, c := range r.Listed {
		if have, ok := l.listed[c.URI]; ok && !bytes.Equal(have, c.Document) {
			l.listed[c.URI] = nil
			continue
		}
		l.listed[c.URI] = c.Document
	}
}

// underOne proves one under the contexts that the releases list of whose credentials
// it could say something: where these list different ones, under the first that hold.
func (d *decider) underOne(ctx context.Context, n *chain.Node, owning *Release, by prover) (proof.Issued, []*Release, error) {
	of := d.last().named
	if owning != nil {
		of = []*Release{owning}
	}
	under, refusal := standing(of, n.Credential)
	if refusal != nil {
		return proof.Issued{}, nil, refusal
	}
	var first error
	for {
		var written *Release
		same, others := alike(under, n.Credential)
		if len(same) > 0 {
			written = same[0]
		}
		issued, err := by(ctx, n, written, owning, vc.ProxyType{})
		if _, refused := errors.AsType[*vc.Refusal](err); !refused {
			return issued, same, err
		}
		if first = cmp.Or(first, err); len(others) == 0 {
			return issued, nil, first
		}
		under = others
	}
}

// standing are the releases under whose listed contexts a supporting credential
// stands: all, where it has none but those that ship.
func standing(of []*Release, c *vc.Credential) ([]*Release, *vc.Refusal) {
	if c.SDJWT != nil { // which has no terms to be defined
		return of, nil
	}
	refusal := proof.Beside(c.Doc, proof.Terms{})
	if refusal == nil {
		return of, nil
	}
	under := slices.DeleteFunc(slices.Clone(of), func(r *Release) bool { return proof.Beside(c.Doc, r.supportingTerms()) != nil })
	if len(under) == 0 {
		return nil, refusal
	}
	return under, nil
}

// alike parts releases by what the first lists at the addresses that a credential
// names: under the others it says something else, if its proof is over statements.
func alike(under []*Release, c *vc.Credential) (same, others []*Release) {
	for _, r := range under {
		if c.Format == vc.FormatLD && !listsAlike(under[0], r, c.Doc) {
			others = append(others, r)
		} else {
			same = append(same, r)
		}
	}
	return same, others
}

func listsAlike(a, b *Release, doc map[string]any) bool {
	list, _ := doc["@context"].([]any)
	return !slices.ContainsFunc(list, func(url any) bool {
		text, _ := url.(string)
		one, _ := a.listed(text)
		two, _ := b.listed(text)
		return !bytes.Equal(one, two)
	})
}
