package client

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/procura-dev/procura/verifier/did"
	"github.com/procura-dev/procura/verifier/proof"
	"github.com/procura-dev/procura/verifier/vc"
	"github.com/procura-dev/procura/wallet/contents"
	"github.com/procura-dev/procura/wallet/issuance"
	"github.com/procura-dev/procura/wallet/keys"
	"github.com/procura-dev/procura/wallet/query"
)

// What a wallet does with credentials is done here for sealed partitions, which
// the server cannot read: it sees which tags were asked for, and how many items
// have them.

// Name is what a credential of a partition is called in a query's answer.
func (p *Partition) Name(item keys.ID) string { return text(p.keys.ID) + "/" + text(item) }

// Wallet fetches the credentials of partitions that a find is for, to be asked by
// [query.Wallet.Answer]. Of f the kind is not read. unread are those that no
// verifier could read, by their names.
func Wallet(ctx context.Context, f Find, from ...*Partition) (w *query.Wallet, unread []string, err error) {
	w = &query.Wallet{}
	f.Kind = contents.KindCredential
	for _, p := range from {
		items, err := p.All(ctx, f)
		if err != nil {
			return nil, nil, err
		}
		for _, i := range items {
			c, err := query.Parse(p.Name(i.ID), i.Content)
			if err != nil {
				unread = append(unread, p.Name(i.ID))
				continue
			}
			w.Credentials = append(w.Credentials, c)
		}
	}
	return w, unread, nil
}

// ErrUnanswered says that a wallet has not what a query requires.
var ErrUnanswered = errors.New("the wallet has not what is asked for")

// Present signs what an answer presents, each by itself: presentations, in the
// answer's order. A credential that is asked for without its holder's proof stays as
// it is. The holder should have seen before what is shown to whom.
func Present(ctx context.Context, as *proof.Signer, a *query.Answer, over proof.Expect) ([]any, error) {
	if !a.Satisfied {
		return nil, fmt.Errorf("%w: %s", ErrUnanswered, a.Reason)
	}
	if over.Nonce == "" || over.Domain == "" {
		return nil, errors.New("a presentation is signed over a challenge and for a domain: both are required")
	}
	out := make([]any, len(a.Presentations))
	for i, p := range a.Presentations {
		if p.Unbound {
			out[i] = p.Credentials[0]
			continue
		}
		var err error
		if p.Format == "" {
			out[i], err = authenticate(ctx, as, a.Authentication, over)
		} else {
			out[i], err = as.Presentation(ctx, p.Credentials, p.Format, over)
		}
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// authenticate signs a presentation without credentials, as the verifier accepts it.
func authenticate(ctx context.Context, as *proof.Signer, want *query.Authentication, over proof.Expect) (any, error) {
	if !want.Accepts(as.Key.DID()) {
		return nil, fmt.Errorf("%w: %s is of none of the methods that are accepted", ErrUnanswered, as.Key.DID())
	}
	for _, format := range append([]string{vc.FormatJCS, vc.FormatLD}, proof.OlderTypes()...) {
		signed, err := as.Presentation(ctx, []any{}, format, over)
		if err != nil {
			continue // the key has no suite of this form
		}
		m, _ := signed.(map[string]any)
		made, _ := m["proof"].(map[string]any)
		suite, ok := made["cryptosuite"].(string)
		if !ok {
			suite, _ = made["type"].(string)
		}
		if len(want.Cryptosuites) == 0 || slices.Contains(want.Cryptosuites, suite) {
			return signed, nil
		}
	}
	return nil, fmt.Errorf("%w: the key signs in none of the suites that are accepted", ErrUnanswered)
}

// Issue makes a credential as a DID's key, without a status. A *[vc.Refusal] says
// what of the request cannot be issued.
func Issue(ctx context.Context, as *proof.Signer, r *issuance.Request) (any, error) {
	i := &issuance.Issuer{Now: time.Now}
	if as.Contexts != nil {
		i.Contexts = func(string) func(string) ([]byte, bool) { return as.Contexts }
	}
	p := &issuance.Profile{DID: as.Key.DID(), Settings: issuance.Settings{Formats: issuance.Formats}}
	return i.Make(ctx, p, []*proof.Signer{as}, r)
}

// Verify checks the proof of a credential, a string or a tree of [vc.ParseJSON], by
// DIDs that need no network, or by those that resolver knows. It says who signed
// and that nothing was changed: not that it is in force, nor that its issuer may.
func Verify(ctx context.Context, raw any, resolver *did.Resolver, contexts func(url string) ([]byte, bool)) (proof.Issued, error) {
	if resolver == nil {
		resolver = &did.Resolver{}
	}
	c, err := query.Read("", raw)
	if err != nil {
		return proof.Issued{}, err
	}
	v := &proof.Verifier{DIDs: resolver, Contexts: contexts}
	return v.General(ctx, c.Parsed(), proof.Terms{})
}
