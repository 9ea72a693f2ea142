package server

import "context"

// Registries keeps the lists of issuers and attesters that frameworks refer
// to. Its methods are safe for concurrent use, also by several processes.
type Registries interface {
	// PutRegistry replaces a list as a whole: readers see the old or the new.
	PutRegistry(ctx context.Context, tenant, name string, dids []string) error

	// Registry returns a list, sorted by byte; empty where there is none.
	Registry(ctx context.Context, tenant, name string) ([]string, error)
}
