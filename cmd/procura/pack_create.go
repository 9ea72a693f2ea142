package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/procura-dev/procura/server"
	"github.com/procura-dev/procura/trustframeworks"
	"github.com/procura-dev/procura/verifier/pack"
)

// packCreateFlags are what procura pack create takes.
type packCreateFlags struct {
	place
	fetching                               fetchFlags
	tenant, out                            string
	frameworks, dids, lists, presentations []string
}

func packCreate() *cobra.Command {
	f := &packCreateFlags{}
	c := &cobra.Command{
		Use:   "create -o PACK",
		Short: "Gather and sign what a verifier without a network decides by",
		Long: `Gathers frameworks with their withdrawals, DID documents and status lists, checks
each, and signs them as one file with the server's key (procura keys). It works on
the store itself: give it the same --data, or --database and --key-file. It fetches
as a verifier with a network does: over HTTPS, from public addresses and from the
hosts of --fetch-allow. What --for names and cannot be had is left out, and said.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return f.run(cmd) },
	}
	f.flags(c)
	f.fetching.flags(c)
	fl := c.Flags()
	fl.StringVar(&f.tenant, "tenant", server.DefaultTenant, "whose frameworks")
	fl.StringArrayVar(&f.frameworks, "framework", nil, "a published framework's NAME, all its versions, or a document's file; may be repeated (default: all that the tenant published)")
	fl.StringArrayVar(&f.dids, "did", nil, "a did:web whose document is wanted; may be repeated")
	fl.StringArrayVar(&f.lists, "status-list", nil, "the URL of a status list that is wanted; may be repeated")
	fl.StringArrayVar(&f.presentations, "for", nil, "a file with a presentation or a credential: what checking it takes is wanted; may be repeated")
	fl.StringVarP(&f.out, "output", "o", "", "file to write")
	require(c, "output")
	return withSettings(c)
}

func (f *packCreateFlags) run(cmd *cobra.Command) error {
	ctx := cmd.Context()
	s, err := f.existing(ctx, cmd.ErrOrStderr())
	if err != nil {
		return err
	}
	defer s.Close()
	// Of before anything is fetched: nothing in it is older than it says.
	p := &pack.Pack{Format: pack.Format, PackedAt: time.Now().UTC().Truncate(time.Second)}
	if p.Frameworks, err = f.versions(ctx, s); err != nil {
		return err
	}
	g, err := newGatherer(&f.fetching, slog.New(slog.NewTextHandler(cmd.ErrOrStderr(), nil)))
	if err != nil {
		return err
	}
	if err := f.gather(cmd, g); err != nil {
		return err
	}
	p.DIDs, p.StatusLists = g.documents, g.lists
	if err := writePack(ctx, &server.Signing{Store: s}, p, f.out); err != nil {
		return err
	}
	return inspectPack(cmd.OutOrStdout(), f.out, "")
}

// gather fetches what is wanted. What was asked for by name must be there.
func (f *packCreateFlags) gather(cmd *cobra.Command, g *gatherer) error {
	for _, url := range f.lists {
		if err := g.list(cmd.Context(), url); err != nil {
			return err
		}
	}
	for _, id := range f.dids {
		if err := g.document(cmd.Context(), id); err != nil {
			return err
		}
	}
	for _, path := range f.presentations {
		raw, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, left := range g.sought(cmd.Context(), raw) {
			fmt.Fprintln(cmd.ErrOrStderr(), "left out:", left)
		}
	}
	return cmd.Context().Err()
}

// writePack signs a pack and writes it, once it is seen that it can be read.
func writePack(ctx context.Context, keys *server.Signing, p *pack.Pack, path string) error {
	p.Sort()
	if err := p.Check(); err != nil {
		return err
	}
	text, err := keys.Sign(ctx, pack.Kind, p)
	if err != nil {
		return err
	}
	sealed, err := pack.Read([]byte(text))
	if err != nil {
		return err
	}
	if _, err := sealed.Open(); err != nil {
		return err
	}
	return os.WriteFile(path, append([]byte(text), '\n'), 0o644)
}

// versions are the versions that are wanted, each once.
func (f *packCreateFlags) versions(ctx context.Context, s store) (out []pack.Framework, err error) {
	all, err := s.PublishedSince(ctx, 0)
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(p server.Published) bool { return p.Tenant != f.tenant })
	if len(f.frameworks) == 0 {
		return packVersions(ctx, s, all)
	}
	for _, name := range f.frameworks {
		var more []pack.Framework
		if _, err := os.Stat(name); err == nil {
			more, err = packDocument(name, all)
			if err != nil {
				return nil, err
			}
		} else if more, err = packNamed(ctx, s, all, name); err != nil {
			return nil, err
		}
		for _, m := range more {
			if !slices.ContainsFunc(out, func(o pack.Framework) bool { return o.Name == m.Name && o.Version == m.Version }) {
				out = append(out, m)
			}
		}
	}
	return out, nil
}

func packNamed(ctx context.Context, s store, all []server.Published, name string) ([]pack.Framework, error) {
	folded := trustframeworks.FoldName(name)
	named := slices.DeleteFunc(slices.Clone(all), func(p server.Published) bool { return p.Folded != folded })
	if len(named) == 0 {
		return nil, fmt.Errorf("--framework %s: no framework of this name is published, and there is no such file", name)
	}
	return packVersions(ctx, s, named)
}

// packVersions are published versions, with their sources.
func packVersions(ctx context.Context, s store, published []server.Published) (out []pack.Framework, err error) {
	for _, p := range published {
		f := pack.Framework{Name: p.Name, Version: p.Version, Context: p.Outline.Context, Withdrawn: withdrawalOf(&p)}
		if f.Source, err = s.PublishedSource(ctx, p.Tenant, p.Folded, p.Version); err != nil {
			return nil, err
		}
		if len(f.Context) == 0 { // published before outlines were kept
			c, err := compileSource(p.Name, f.Source)
			if err != nil {
				return nil, err
			}
			f.Context = c.Context
		}
		out = append(out, f)
	}
	return out, nil
}

func withdrawalOf(p *server.Published) *pack.Withdrawal {
	if p.Withdrawal == nil {
		return nil
	}
	return &pack.Withdrawal{From: p.Withdrawal.Date.UTC(), Successor: p.Withdrawal.Successor}
}

var errOtherContent = errors.New("this version is published with other content")

// packDocument is the version of a file, withdrawn if it is published and was.
func packDocument(path string, published []server.Published) ([]pack.Framework, error) {
	raw, err := readFramework(path)
	if err != nil {
		return nil, err
	}
	c, err := compileSource(path, raw)
	if err != nil {
		return nil, err
	}
	f := pack.Framework{Name: c.Document.Name, Version: c.Document.Version, Source: raw, Context: c.Context}
	for _, p := range published {
		if p.Name == f.Name && p.Version == f.Version {
			if p.Outline.SourceDigest != "" && p.Outline.SourceDigest != server.SourceDigest(raw) {
				return nil, fmt.Errorf("%s: %w", path, errOtherContent)
			}
			f.Withdrawn = withdrawalOf(&p)
		}
	}
	return []pack.Framework{f}, nil
}
