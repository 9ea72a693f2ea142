package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/procura-dev/procura/trustframeworks"
	"github.com/procura-dev/procura/trustframeworks/compile"
	"github.com/procura-dev/procura/verifier"
)

func frameworkCommand() *cobra.Command {
	c := &cobra.Command{Use: "framework", Short: "Write, lint, test, compile, publish and withdraw trust frameworks"}
	c.AddCommand(frameworkNew(), frameworkLint(), frameworkTest(), frameworkCompile(),
		frameworkPublish(), frameworkFetch(), frameworkWithdraw())
	return c
}

func frameworkNew() *cobra.Command {
	return &cobra.Command{
		Use:   "new NAME",
		Short: "Print a document to begin with",
		Long: `Prints a trust framework of the name given: small, complete, with a test that
passes. Change it to what you need.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := trustframeworks.CheckFrameworkName(args[0]); err != nil {
				return err
			}
			_, err := cmd.OutOrStdout().Write(trustframeworks.New(args[0]))
			return err
		},
	}
}

func frameworkTest() *cobra.Command {
	return &cobra.Command{
		Use:   "test FILE|DIR…",
		Short: "Run the tests that stand in framework documents",
		Long: `Runs the tests of framework documents, and of archives or folders that hold a
document and Rego for constraint types of its own, and says for each whether decision, reasons
and granted permissions are the expected ones. Needs no keys and no server. Exits
0 if all are, 1 if not, 2 if a document is refused: each finding is printed as
file:line:column: path: what is wrong (code).`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			failed := 0
			for _, path := range args {
				n, err := testFile(cmd, path)
				if err != nil {
					return err
				}
				failed += n
			}
			if failed > 0 {
				return exit(exitDiffers)
			}
			return nil
		},
	}
}

func testFile(cmd *cobra.Command, path string) (failed int, err error) {
	raw, err := readFramework(path)
	if err != nil {
		return 0, err
	}
	compiled, err := compileSource(path, raw)
	if err != nil {
		return 0, err
	}
	f, err := verifier.NewFramework(cmd.Context(), compiled)
	if err != nil {
		return 0, err
	}
	results, err := verifier.TestFramework(cmd.Context(), f)
	if err != nil {
		return 0, err
	}
	out := cmd.OutOrStdout()
	for _, r := range results {
		if r.Failure == "" {
			fmt.Fprintf(out, "ok    %s\n", r.Name)
			continue
		}
		failed++
		fmt.Fprintf(out, "FAIL  %s: %s\n", r.Name, r.Failure)
	}
	fmt.Fprintf(out, "%s: %d passed, %d failed\n", path, len(results)-failed, failed)
	return failed, nil
}

func frameworkCompile() *cobra.Command {
	var dir string
	c := &cobra.Command{
		Use:   "compile FILE|DIR -o DIR",
		Short: "Write the OPA bundle, JSON-LD context, schemas and example credentials",
		Long: `Compiles a framework document, or an archive or folder that holds a document and
Rego for constraint types of its own, into --output: bundle.tar.gz, which stock OPA loads,
and bundle/ with the same files to read; context.jsonld for credentials with a
Data Integrity proof, and contexts/ with those that the document lists; schemas/ and examples/ with a JSON Schema and an unsigned
credential for each variant; constraints.schema.json, by which an issuer checks what
it limits before it signs. The same document gives the same digest.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			raw, err := readFramework(args[0])
			if err != nil {
				return err
			}
			compiled, err := compileSource(args[0], raw)
			if err != nil {
				return err
			}
			files, err := artefacts(compiled)
			if err != nil {
				return err
			}
			if err := writeAll(dir, files); err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s %s\nroot   %s\ndigest %s\n", compiled.Document.Name, compiled.Document.Version, compiled.Root, compiled.Digest)
			return nil
		},
	}
	c.Flags().StringVarP(&dir, "output", "o", "", "folder to write to")
	require(c, "output")
	return c
}

// artefacts are the files that a framework compiles to, by path.
func artefacts(f *compile.Framework) (map[string][]byte, error) {
	bundle, err := f.Tar()
	if err != nil {
		return nil, err
	}
	constraints, err := compile.ConstraintsSchema(f.Document)
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{"bundle.tar.gz": bundle, "context.jsonld": f.Context, "constraints.schema.json": constraints}
	for name, raw := range f.Files {
		files[filepath.Join("bundle", name)] = raw
	}
	for name, raw := range f.Listed() {
		files[name] = raw
	}
	for variant, s := range f.Schemas {
		files[filepath.Join("schemas", variant+".json")] = s.Credential
	}
	for variant, example := range f.Examples {
		files[filepath.Join("examples", variant+".json")] = example
	}
	return files, nil
}

func writeAll(dir string, files map[string][]byte) error {
	for name, raw := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, raw, 0o644); err != nil {
			return err
		}
	}
	return nil
}
