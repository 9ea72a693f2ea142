package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/procura-dev/procura/trustframeworks"
	"github.com/procura-dev/procura/trustframeworks/compile"
	"github.com/procura-dev/procura/trustframeworks/library"
	"github.com/procura-dev/procura/verifier"
)

// loadLibrary compiles the documents at paths, or those that ship.
func loadLibrary(ctx context.Context, paths []string) (*verifier.Library, error) {
	var frameworks []*verifier.Framework
	add := func(name string, raw []byte) error {
		f, err := loadFramework(ctx, name, raw)
		frameworks = append(frameworks, f)
		return err
	}
	for _, path := range paths {
		raw, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		if err := add(path, raw); err != nil {
			return nil, err
		}
	}
	if len(paths) == 0 {
		for _, s := range library.All() {
			if err := add(s.Name, s.Raw); err != nil {
				return nil, err
			}
		}
	}
	return verifier.NewLibrary(frameworks...)
}

func loadFramework(ctx context.Context, name string, raw []byte) (*verifier.Framework, error) {
	compiled, findings := compileDocument(raw)
	if len(findings) > 0 {
		printFindings(os.Stderr, name, findings)
		return nil, fmt.Errorf("%s cannot be used (findings: %d)", name, len(findings))
	}
	return verifier.NewFramework(ctx, compiled)
}

func compileDocument(raw []byte) (*compile.Framework, []trustframeworks.Finding) {
	doc, findings := trustframeworks.Parse(raw)
	if len(findings) > 0 {
		return nil, findings
	}
	return compile.Compile(doc)
}

// printFindings prints as compilers do: file:line:column: what.
func printFindings(w io.Writer, name string, findings []trustframeworks.Finding) {
	for _, f := range findings {
		fmt.Fprintf(w, "%s:%d:%d: %s: %s (%s)\n", name, f.Line, f.Column, f.Path, f.Message, f.Code)
	}
}
