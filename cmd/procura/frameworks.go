package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/procura-dev/procura/trustframeworks"
	"github.com/procura-dev/procura/trustframeworks/compile"
	"github.com/procura-dev/procura/trustframeworks/library"
	"github.com/procura-dev/procura/verifier"
)

// compileAll compiles the documents at paths, or those that ship.
func compileAll(paths []string) (all []*compile.Framework, err error) {
	sources := library.All()
	if len(paths) > 0 {
		sources = nil
	}
	for _, path := range paths {
		raw, err := readFramework(path)
		if err != nil {
			return nil, err
		}
		sources = append(sources, library.Source{Name: path, Raw: raw})
	}
	for _, s := range sources {
		f, err := compileSource(s.Name, s.Raw)
		if err != nil {
			return nil, err
		}
		all = append(all, f)
	}
	return all, nil
}

// readFramework reads a document or an archive, or makes an archive of a folder:
// its framework.yaml or framework.json and its *.rego but tests.
func readFramework(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return os.ReadFile(path)
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, err
	}
	source := &trustframeworks.Source{}
	for _, e := range entries {
		name := e.Name()
		if e.IsDir() || strings.HasSuffix(name, "_test.rego") || filepath.Ext(name) != ".rego" && name != "framework.yaml" && name != "framework.json" {
			continue
		}
		raw, err := os.ReadFile(filepath.Join(path, name))
		if err != nil {
			return nil, err
		}
		if err := source.Add(name, raw); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	if source.Document == nil {
		return nil, fmt.Errorf("%s: holds neither framework.yaml nor framework.json", path)
	}
	return source.Bytes()
}

// compileSource compiles a document or an archive; what is wrong with it is
// printed.
func compileSource(name string, raw []byte) (*compile.Framework, error) {
	f, findings := compileRaw(raw)
	if len(findings) > 0 {
		return nil, refused(name, findings)
	}
	return f, nil
}

func compileRaw(raw []byte) (*compile.Framework, []trustframeworks.Finding) {
	source, found := trustframeworks.ReadSource(raw)
	if len(found) > 0 {
		return nil, found
	}
	doc, found := trustframeworks.Parse(source.Document)
	if len(found) > 0 {
		return nil, found
	}
	return compile.CompileWith(doc, source.Rego)
}

// loadLibrary makes what decides by the documents at paths, or by those that ship.
func loadLibrary(ctx context.Context, paths []string) (*verifier.Library, error) {
	compiled, err := compileAll(paths)
	if err != nil {
		return nil, err
	}
	releases := make([]*verifier.Release, len(compiled))
	for i, c := range compiled {
		f, err := verifier.NewFramework(ctx, c)
		if err != nil {
			return nil, err
		}
		releases[i] = f.Release()
	}
	return verifier.NewLibrary(releases...)
}

// published are the JSON-LD contexts of framework documents, by URL: what
// signing needs of them.
type published struct {
	contexts map[string][]byte
	missing  string // the last that was asked for and is not there
}

func (p *published) context(url string) ([]byte, bool) {
	raw, ok := p.contexts[url]
	if !ok {
		p.missing = url
	}
	return raw, ok
}

// hinted says what helps where signing failed for want of a context.
func (p *published) hinted(err error) error {
	if p.missing == "" {
		return err
	}
	return fmt.Errorf("%w: give the document of its framework with --framework FILE", err)
}

func loadContexts(paths []string) (*published, error) {
	compiled, err := compileAll(paths)
	if err != nil {
		return nil, err
	}
	p := &published{contexts: map[string][]byte{}}
	for _, c := range compiled {
		p.contexts[c.Document.Context()] = c.Context
		for _, l := range verifier.ListedIn(c.Document.Contexts) {
			p.contexts[l.URI] = l.Document
		}
	}
	return p, nil
}

// printFindings prints as compilers do: file:line:column: what.
func printFindings(w io.Writer, name string, findings []trustframeworks.Finding) {
	for _, f := range findings {
		if f.File != "" {
			fmt.Fprintf(w, "%s: %s\n", name, f)
			continue
		}
		fmt.Fprintf(w, "%s:%d:%d: %s: %s (%s)\n", name, f.Line, f.Column, cmp.Or(f.Path, "/"), f.Message, f.Code)
	}
}
