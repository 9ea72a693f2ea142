package server

import "github.com/procura-dev/procura/wallet/lifecycle"

// StatusLists keeps the status lists that we publish, and what was issued with
// a place in them.
type StatusLists interface {
	lifecycle.Ledger
	lifecycle.Register
	lifecycle.Shelf
}
