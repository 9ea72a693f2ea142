package server

import (
	"cmp"
	"context"
	"fmt"
	"runtime"
	"sync"

	"github.com/procura-dev/procura/trustframeworks/compile"
	"github.com/procura-dev/procura/verifier"
)

// entry makes what stands on a shelf of p, and compiles nothing. What was there
// before, if anything, gives what did not change.
func (k *Catalogue) entry(p Published, was *entry) *entry {
	p.Source = nil
	if was != nil && was.Withdrawal == p.Withdrawal {
		return &entry{Published: p, release: was.release, tags: was.tags}
	}
	e := &entry{Published: p, tags: &tags{}}
	o := p.Outline
	e.release = &verifier.Release{
		Name: p.Name, Version: p.Version, URI: p.URI, ContextURL: o.ContextURL, Context: o.Context,
		Permissions: set(o.Permissions), Variants: o.Variants, Listed: verifier.ListedIn(o.Listed), Withdrawal: p.Withdrawal.fact(),
		Open: func(ctx context.Context) (*verifier.Framework, error) { return k.engine(ctx, e) },
	}
	return e
}

func set(names []string) map[string]bool {
	m := make(map[string]bool, len(names))
	for _, name := range names {
		m[name] = true
	}
	return m
}

// outline makes the outline of a version that was published before outlines
// were kept.
func (k *Catalogue) outline(ctx context.Context, p *Published) error {
	source, err := k.Store.PublishedSource(ctx, p.Tenant, p.Folded, p.Version)
	if err != nil {
		return err
	}
	compiled, err := compileSource(source)
	if err != nil {
		return err
	}
	p.Outline = outlineOf(source, compiled)
	return nil
}

// engine gives what decides by a version, from those at hand or compiled now.
func (k *Catalogue) engine(ctx context.Context, e *entry) (*verifier.Framework, error) {
	return k.engines.Framework(ctx, e.release, func(ctx context.Context) (*verifier.Framework, error) {
		compiled, err := k.compiled(ctx, e, &k.deciding)
		if err != nil {
			return nil, err
		}
		f, err := verifier.NewFramework(ctx, compiled)
		if err != nil {
			return nil, err
		}
		return f.Brief(), nil
	})
}

// readable gives what others read of a version: its bundle, its schemas. It is of
// the 64 that were read last, each some half megabyte, or compiled now, once for
// all who ask: that is anyone. Who reads them all pushes out no engine, and no
// decision waits for them.
func (k *Catalogue) readable(ctx context.Context, e *entry) (*compile.Framework, error) {
	f, err := k.read.Framework(ctx, e.release, func(ctx context.Context) (*verifier.Framework, error) {
		compiled, err := k.compiled(ctx, e, &k.reading)
		if err != nil {
			return nil, err
		}
		return &verifier.Framework{Framework: compiled.Legible()}, nil
	})
	if err != nil {
		return nil, err
	}
	return f.Framework, nil
}

func (k *Catalogue) compiled(ctx context.Context, e *entry, by *turns) (*compile.Framework, error) {
	source, err := k.Store.PublishedSource(ctx, e.Tenant, e.Folded, e.Version)
	if err != nil {
		return nil, err
	}
	done, err := by.take(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	compiled, err := compileSource(source)
	if err != nil {
		return nil, fmt.Errorf("compiling what was published: %v", err) //nolint:errorlint // what is wrong with it is not the caller's request
	}
	return compiled, nil
}

// turns lets as many do something at once as there are processors, or fewer. The
// zero value is ready.
type turns struct {
	most int // 0: as there are processors
	once sync.Once
	free chan struct{}
}

// take waits for a turn, and returns what ends it.
func (t *turns) take(ctx context.Context) (func(), error) {
	t.once.Do(func() { t.free = make(chan struct{}, cmp.Or(t.most, runtime.GOMAXPROCS(0))) })
	select {
	case t.free <- struct{}{}:
		return func() { <-t.free }, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("waiting to compile: %w", ctx.Err())
	}
}
