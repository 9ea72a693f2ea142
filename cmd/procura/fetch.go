package main

import (
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/procura-dev/procura/verifier"
	"github.com/procura-dev/procura/verifier/did"
	"github.com/procura-dev/procura/verifier/fetch"
	"github.com/procura-dev/procura/verifier/pack"
	"github.com/procura-dev/procura/verifier/status"
	"github.com/procura-dev/procura/verifier/timestamp"
)

// fetchFlags say what may be fetched that a document names.
type fetchFlags struct {
	allow  []string
	maxAge time.Duration
}

// A stampFlag names the time-stamp authorities that count.
type stampFlag struct{ file string }

func (f *stampFlag) flags(c *cobra.Command) {
	c.Flags().StringVar(&f.file, "timestamp-roots", "", "PEM file of time-stamp authorities (RFC 3161): what these show was signed before a revocation may outlive it (default: none does)")
}

// roots reads the file; nil without one.
func (f *stampFlag) roots() (*timestamp.Roots, error) {
	if f.file == "" {
		return nil, nil
	}
	raw, err := os.ReadFile(f.file)
	if err != nil {
		return nil, err
	}
	r, err := timestamp.ReadRoots(raw)
	if err != nil {
		return nil, fmt.Errorf("--timestamp-roots: %s: %w", f.file, err)
	}
	return r, nil
}

func (f *fetchFlags) flags(c *cobra.Command) {
	c.Flags().StringArrayVar(&f.allow, "fetch-allow", nil, "fetch from this HOST too, or host=HOST,address=IP,caFile=FILE: at this address, which may be private, with a certificate of these authorities; may be repeated")
	c.Flags().DurationVar(&f.maxAge, "did-max-age", 0, "take no DID document that is older, whatever a framework says (default: as it says, or 1h)")
}

// A network finds what documents name.
type network struct {
	dids  *did.Resolver
	lists *status.Lists // nil: no status list is fetched
	web   *did.Web      // of dids; nil offline

	stamps *timestamp.Roots // nil: no time-stamp counts

	offline *verifier.Offline // nil: there is a network
	pack    *pack.Pack        // nil: none

	documents []document // of the pack, where they are to be published
}

// network reads the flags. What is fetched is told to got, unless nil.
func (f *fetchFlags) network(log *slog.Logger, got func(url string, body []byte)) (*network, error) {
	cfg := fetch.Config{Log: log, Got: got}
	seen := map[string]bool{}
	for _, text := range f.allow {
		a, err := fetch.ReadAllowance(text)
		if err != nil {
			return nil, fmt.Errorf("--fetch-allow: %w", err)
		}
		if seen[a.Host] {
			return nil, fmt.Errorf("--fetch-allow: %s is named twice", a.Host)
		}
		seen[a.Host] = true
		cfg.Allow = append(cfg.Allow, a)
	}
	if f.maxAge < 0 {
		return nil, fmt.Errorf("--did-max-age: %s is negative", f.maxAge)
	}
	c := fetch.New(cfg)
	web := did.NewWeb(c, f.maxAge)
	return &network{dids: &did.Resolver{Web: web}, web: web, lists: status.NewLists(status.Config{Fetch: c})}, nil
}
