package server

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/procura-dev/procura/policies/authz"
	"github.com/procura-dev/procura/policies/wallet"
	"github.com/procura-dev/procura/verifier"
	"github.com/procura-dev/procura/wallet/issuance"
)

// errRules: the policy does not let a client do what it asks for.
var errRules = errors.New("the rules do not let this client do this")

// shippedPolicy is the set that gates wallets and issuing, compiled once.
var shippedPolicy = sync.OnceValues(func() (*authz.Engine, error) {
	engine, err := authz.New(context.Background(), wallet.Set())
	if err != nil {
		return nil, fmt.Errorf("the wallets' policy: %w", err)
	}
	return engine, nil
})

// A question is what the policy is asked before a call does something as a
// profile.
type question struct {
	by      verifier.Caller
	action  string // wallet.<area>.<verb>
	profile *issuance.Profile
	holder  string // a DID that was proved in the call; empty: none
	about   bool   // the credential's proxied identity is that holder
	listed  bool   // its framework lists that holder as who may issue it
}

// changeStatus is the one action that others than a profile's client may have.
const changeStatus = "wallet.credential.status"

// permitted asks the policy. Another tenant's profile is nobody's to be asked about.
func (s *Server) permitted(ctx context.Context, q question) error {
	if q.by.Client == "" || q.profile.Tenant != q.by.Tenant {
		return errRules
	}
	revokers := make([]any, len(q.profile.Revokers))
	for i, r := range q.profile.Revokers {
		revokers[i] = r
	}
	about := map[string]any{}
	if q.holder != "" {
		about["holder"], about["about"], about["listed"] = q.holder, q.about, q.listed
	}
	answer, err := s.cfg.PolicySets.gate(ctx, q.by.Tenant, authz.Input{
		Subject: authz.Entity{Type: "client", ID: q.by.Client},
		Action:  authz.Action{Name: q.action},
		Resource: authz.Entity{Type: "profile", ID: q.profile.Name, Properties: map[string]any{
			"client": q.profile.Client, "custody": q.profile.Custody, "did": q.profile.DID, "revokers": revokers,
		}},
		Context: about,
	})
	if err == nil && !answer.Decision {
		err = errRules
	}
	return err
}
