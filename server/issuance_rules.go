package server

import (
	"errors"
	"slices"

	"github.com/procura-dev/procura/verifier"
	"github.com/procura-dev/procura/wallet/issuance"
)

// errRules: the rules do not let a client do what it asks for.
var errRules = errors.New("the rules do not let this client do this")

// A question is what the rules are asked before a call does something as a
// profile.
type question struct {
	by      verifier.Caller
	action  string // wallet.<area>.<verb>
	profile *issuance.Profile
	holder  string // a DID that was proved in the call; empty: none
	about   bool   // the credential's proxied identity is that holder
}

// changeStatus is the one action that others than a profile's client may have.
const changeStatus = "wallet.credential.status"

// permitted answers a question: a profile is its client's alone to act as; what
// it issued the profile lets others suspend, resume and revoke whom it names,
// themselves proved. Nobody else may anything.
func permitted(q question) error {
	if q.by.Client != "" && q.profile.Tenant == q.by.Tenant && q.profile.Client == q.by.Client {
		return nil
	}
	if q.action == changeStatus && q.holder != "" && q.profile.Tenant == q.by.Tenant {
		if q.about && slices.Contains(q.profile.Revokers, issuance.Proxied) || slices.Contains(q.profile.Revokers, q.holder) || q.holder == q.profile.DID {
			return nil
		}
	}
	return errRules
}
