package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/procura-dev/procura/trustframeworks"
	"github.com/procura-dev/procura/trustframeworks/analyze"
)

func frameworkLint() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "lint FILE|DIR…",
		Short: "Find what is wrong or odd in framework documents",
		Long: `Finds, in framework documents and in archives or folders with Rego, all that would
refuse them at publishing but their own tests (errors), and what their author should
know beside (advice): questions of RFC 0103 without an answer, names that nothing uses,
permissions that nobody can reach, rules that nobody can meet, and more (docs/lint.md
lists every code). Each finding is printed as
file:line:column: level code path: what is wrong – what to do. Exits 0 if there are
no errors, advice or not, 1 if there are, 2 if a file cannot be read.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			linted, err := lintAll(args)
			if err != nil {
				return err
			}
			if err := printLinted(cmd.OutOrStdout(), linted, asJSON); err != nil {
				return err
			}
			for _, l := range linted {
				if l.Errors > 0 {
					return exit(exitDiffers)
				}
			}
			return nil
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON object a file: {file, errors, advice, findings}")
	return c
}

// A linted file, and what was found in it.
type linted struct {
	File     string                    `json:"file"`
	Errors   int                       `json:"errors"`
	Advice   int                       `json:"advice"`
	Findings []trustframeworks.Finding `json:"findings"`
}

func lintAll(paths []string) (all []linted, err error) {
	for _, path := range paths {
		raw, err := readFramework(path)
		if err != nil {
			return nil, err
		}
		found := lintRaw(raw)
		errors := len(trustframeworks.Errors(found))
		all = append(all, linted{path, errors, len(found) - errors, found})
	}
	return all, nil
}

// lintRaw finds what there is in a document or archive; an empty list: nothing.
func lintRaw(raw []byte) []trustframeworks.Finding {
	source, found := trustframeworks.ReadSource(raw)
	if len(found) == 0 {
		_, _, found = analyze.Compile(source)
	}
	return append([]trustframeworks.Finding{}, analyze.Advised(found)...)
}

func printLinted(w io.Writer, all []linted, asJSON bool) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	for _, l := range all {
		if asJSON {
			if err := enc.Encode(l); err != nil {
				return err
			}
			continue
		}
		for _, f := range l.Findings {
			fmt.Fprintf(w, "%s:%d:%d: %s %s %s: %s – %s\n", l.where(f), f.Line, f.Column, f.Level, f.Code, cmp.Or(f.Path, "/"), f.Message, f.Advice)
		}
		errors := "errors"
		if l.Errors == 1 {
			errors = "error"
		}
		fmt.Fprintf(w, "%s: %d %s, %d advice\n", l.File, l.Errors, errors, l.Advice)
	}
	return nil
}

// where is the file that a finding is in: the one given, or one in it.
func (l linted) where(f trustframeworks.Finding) string {
	if f.File == "" {
		return l.File
	}
	return l.File + ":" + f.File
}
