package main

import (
	"context"
	"fmt"

	"github.com/procura-dev/procura/server"
	"github.com/procura-dev/procura/trustframeworks"
	"github.com/procura-dev/procura/trustframeworks/library"
	"github.com/procura-dev/procura/verifier"
)

// A document is one to publish, and where it is from.
type document struct {
	from string
	server.Published
}

// documents reads what serve is to publish beside what ships. Each must
// compile, pass its own tests, and clash with no other: what is refused here
// is refused before anything is made.
func documents(ctx context.Context, paths []string) ([]document, error) {
	if len(paths) == 0 {
		return nil, nil
	}
	var all []document
	for _, s := range library.All() {
		doc, _ := trustframeworks.Parse(s.Raw)
		all = append(all, documentOf("the "+s.Name+" that ships", s.Raw, doc))
	}
	shipped := len(all)
	for _, path := range paths {
		d, err := sound(ctx, path)
		if err != nil {
			return nil, err
		}
		for _, other := range all {
			if err := d.Clash(&other.Published); err != nil {
				return nil, fmt.Errorf("%s and %s: %w", path, other.from, err)
			}
		}
		all = append(all, d)
	}
	return all[shipped:], nil
}

func documentOf(from string, raw []byte, doc *trustframeworks.Document) document {
	return document{from, server.Published{
		Tenant: server.DefaultTenant, Owner: server.BuiltIn, Source: raw,
		Name: doc.Name, Folded: trustframeworks.FoldName(doc.Name), Version: doc.Version, URI: doc.URI,
		Outline: server.Outline{SourceDigest: server.SourceDigest(raw)},
	}}
}

// sound reads a document that compiles and passes its own tests.
func sound(ctx context.Context, path string) (document, error) {
	raw, err := readFramework(path)
	if err != nil {
		return document{}, err
	}
	compiled, err := compileSource(path, raw)
	if err != nil {
		return document{}, err
	}
	f, err := verifier.NewFramework(ctx, compiled)
	if err != nil {
		return document{}, fmt.Errorf("%s: %w", path, err)
	}
	results, err := verifier.TestFramework(ctx, f)
	if err != nil {
		return document{}, fmt.Errorf("%s: %w", path, err)
	}
	for _, r := range results {
		if r.Failure != "" {
			return document{}, fmt.Errorf("%s: its test %q fails: %s", path, r.Name, r.Failure)
		}
	}
	return documentOf(path, raw, compiled.Document), nil
}

// admissible refuses documents of which one clashes with what is published,
// before any of them is.
func admissible(ctx context.Context, s server.Frameworks, docs []document) error {
	if len(docs) == 0 {
		return nil
	}
	published, err := s.PublishedSince(ctx, 0)
	if err != nil {
		return err
	}
	for i := range published {
		if err := withDigest(ctx, s, &published[i]); err != nil {
			return err
		}
	}
	for _, d := range docs {
		for _, p := range published {
			if err := d.Clash(&p); err != nil {
				return fmt.Errorf("%s: %w", d.from, err)
			}
		}
	}
	return nil
}

// withDigest makes the digest of what was published before outlines were kept.
func withDigest(ctx context.Context, s server.Frameworks, p *server.Published) error {
	if p.Outline.SourceDigest != "" {
		return nil
	}
	source, err := s.PublishedSource(ctx, p.Tenant, p.Folded, p.Version)
	if err != nil {
		return err
	}
	p.Outline.SourceDigest = server.SourceDigest(source)
	return nil
}

// drafts are the documents that ship and those given.
func drafts(docs []document) []server.Draft {
	var out []server.Draft
	add := func(raw []byte) {
		out = append(out, server.Draft{Tenant: server.DefaultTenant, Owner: server.BuiltIn, Public: true, Source: raw})
	}
	for _, source := range library.All() {
		add(source.Raw)
	}
	for _, d := range docs {
		add(d.Source)
	}
	return out
}
