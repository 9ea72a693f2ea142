package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"time"

	"github.com/procura-dev/procura/server"
	"github.com/procura-dev/procura/trustframeworks"
	"github.com/procura-dev/procura/verifier/pack"
)

// reach is a network, or what stands in its place, which is said.
func (f *serveFlags) reach(out io.Writer, log *slog.Logger) (*network, error) {
	switch {
	case !f.offline && f.packed.pack != "":
		return nil, errors.New("--pack is for --offline: a server with a network has no need of it")
	case !f.offline:
		return f.fetching.network(log, nil)
	case f.packed.pack == "":
		fmt.Fprintln(out, "decides offline, without a pack")
		return unplugged(nil, time.Now)
	}
	p, err := f.packed.open()
	if err != nil {
		return nil, err
	}
	n, err := unplugged(p, time.Now)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.packed.pack, err)
	}
	if n.documents, err = packDocuments(p); err != nil {
		return nil, fmt.Errorf("%s: %w", f.packed.pack, err)
	}
	fmt.Fprintf(out, "decides offline, by a pack of %s\n", p.PackedAt.Format(time.RFC3339))
	return n, nil
}

// packDocuments are the documents of a pack, as they are published.
func packDocuments(p *pack.Pack) (all []document, err error) {
	for _, f := range p.Frameworks {
		source, found := trustframeworks.ReadSource(f.Source)
		if len(found) > 0 {
			return nil, refused("the pack's "+f.Name, found)
		}
		doc, found := trustframeworks.Parse(source.Document)
		if len(found) > 0 {
			return nil, refused("the pack's "+f.Name, found)
		}
		if doc.Name != f.Name || doc.Version != f.Version {
			return nil, &pack.Error{Code: pack.Malformed, Why: fmt.Sprintf("the pack's %s %s is %s %s", f.Name, f.Version, doc.Name, doc.Version)}
		}
		all = append(all, documentOf("the pack's "+f.Name, f.Source, doc))
	}
	return all, nil
}

// withPacked adds the documents of the pack that the store has not, whoever published
// them there.
func (n *network) withPacked(ctx context.Context, s store, docs []document) ([]document, error) {
	if len(n.documents) == 0 {
		return docs, nil
	}
	published, err := s.PublishedSince(ctx, 0)
	if err != nil {
		return nil, err
	}
	for _, d := range n.documents {
		same := func(p server.Published) bool {
			return p.Tenant == d.Tenant && p.Name == d.Name && p.Version == d.Version && p.Outline.SourceDigest == d.Outline.SourceDigest
		}
		if !slices.ContainsFunc(published, same) {
			docs = append(docs, d)
		}
	}
	return docs, nil
}

// packReason stands in the place of an author's, which a pack does not hold.
const packReason = "as the pack says"

// withdrawPacked withdraws what a pack says, for good, as its author did.
func withdrawPacked(ctx context.Context, s store, k *server.Catalogue, p *pack.Pack) error {
	if p == nil {
		return nil
	}
	published, err := s.PublishedSince(ctx, 0)
	if err != nil {
		return err
	}
	for _, f := range p.Frameworks {
		i := slices.IndexFunc(published, func(p server.Published) bool {
			return p.Tenant == server.DefaultTenant && p.Name == f.Name && p.Version == f.Version
		})
		if f.Withdrawn == nil || i < 0 {
			continue
		}
		if err := withdrawAs(ctx, k, &published[i], f.Withdrawn); err != nil {
			return fmt.Errorf("%s %s: %w", f.Name, f.Version, err)
		}
	}
	return nil
}

// withdrawAs withdraws one version, unless it is so already. A date that has passed
// becomes now: nobody rewrites what was in force.
func withdrawAs(ctx context.Context, k *server.Catalogue, p *server.Published, w *pack.Withdrawal) error {
	was := p.Withdrawal
	if was != nil && !was.Date.After(w.From) && (was.Successor == w.Successor || w.Successor == "") {
		return nil
	}
	next := server.Withdrawal{Date: w.From, Reason: packReason, Successor: w.Successor}
	if !w.From.After(time.Now()) {
		next.Date = time.Time{}
	}
	if was != nil {
		next.Reason = was.Reason
	}
	_, err := k.Withdraw(ctx, p, next)
	return err
}
