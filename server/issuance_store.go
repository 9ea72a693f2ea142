package server

import (
	"github.com/procura-dev/procura/wallet/issuance"
	"github.com/procura-dev/procura/wallet/lifecycle"
)

// Issuance keeps those as whom we issue, the status lists that we publish, and
// what was issued with a place in them.
type Issuance interface {
	issuance.Profiles
	lifecycle.Ledger
	lifecycle.Register
	lifecycle.Shelf
}
