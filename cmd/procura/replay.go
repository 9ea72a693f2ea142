package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/procura-dev/procura/policies"
	"github.com/procura-dev/procura/policies/facts"
)

// A recorded decision is what replay takes: an answer with its input, or a line of
// an OPA decision log.
type recorded struct {
	policies.Decision
	Framework struct {
		Digest string `json:"digest"`
	} `json:"framework"`
	Input *facts.Input `json:"input"`

	root      string          // of the version, where it is a line of an OPA decision log
	revisions map[string]bool // of the bundles that OPA had
}

func replayCommand() *cobra.Command {
	var bundle, keys, opa string
	c := &cobra.Command{
		Use:   "replay DECISION.json --bundle B",
		Short: "Evaluate a recorded input again and compare",
		Long: `Evaluates the input of a recorded decision again, by our engine or with --opa by
stock OPA, recomputes the derived facts, and reports every difference. Exits 0 if
there is none, 1 if there is.

A line of an OPA decision log is taken, too, with the bundle that OPA had pulled. One
that the mask of our bundles left without its input cannot be replayed: 2.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return replay(cmd, args[0], bundle, keys, opa)
		},
	}
	c.Flags().StringVar(&bundle, "bundle", "", "the framework's bundle.tar.gz, or one of several as the bundle service serves it")
	c.Flags().StringVar(&keys, "keys", "", "what /bundles/keys?as=opa answers: refuse a bundle that none of these signed")
	c.Flags().StringVar(&opa, "opa", "", "path of stock opa: let it evaluate instead of our engine")
	require(c, "bundle")
	return c
}

func replay(cmd *cobra.Command, path, bundlePath, keysPath, opa string) error {
	r, err := readRecorded(path)
	if err != nil {
		return err
	}
	bundle, err := openBundle(bundlePath, keysPath, wanted{r.Framework.Digest, r.root})
	if err != nil {
		return fmt.Errorf("%s: %w", bundlePath, err)
	}
	if revision := revisionOf(bundlePath); r.root != "" && !r.revisions[revision] {
		fmt.Fprintf(cmd.ErrOrStderr(), "the edge did not decide by this bundle (%s): it may have heard of other withdrawals\n", revision)
	}
	differences, err := derivedAnew(r.Input, bundle)
	if err != nil {
		return err
	}
	again, err := evaluate(cmd.Context(), r.Input, bundle, bundlePath, opa)
	if err != nil {
		return err
	}
	decided, err := compareDecisions(&r.Decision, again)
	if err != nil {
		return err
	}
	differences = append(differences, decided...)
	for _, d := range differences {
		fmt.Fprintln(cmd.OutOrStdout(), "differs:", d)
	}
	if len(differences) > 0 {
		return exit(exitDiffers)
	}
	fmt.Fprintf(cmd.OutOrStdout(), "the same: %s\n", again.Decision)
	return nil
}

func readRecorded(path string) (*recorded, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	line, err := readLogLine(raw)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if line != nil {
		return line, nil
	}
	r := &recorded{}
	if err := json.Unmarshal(raw, r); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if r.Input == nil {
		return nil, fmt.Errorf("%s carries no input: ask with ?include=input, or verify with --include-input", path)
	}
	return r, nil
}

// derivedAnew computes the derived facts from their sources and reports each
// that was recorded otherwise.
func derivedAnew(in *facts.Input, bundle policies.Bundle) ([]string, error) {
	fw, err := bundle.Facts()
	if err != nil {
		return nil, err
	}
	was, err := json.Marshal(in)
	if err != nil {
		return nil, err
	}
	again := &facts.Input{}
	if err := json.Unmarshal(was, again); err != nil {
		return nil, err
	}
	facts.Strip(again)
	if err := facts.Derive(again, fw); err != nil {
		return nil, err
	}
	return facts.Compare(was, again)
}

func evaluate(ctx context.Context, in *facts.Input, bundle policies.Bundle, path, opa string) (*policies.Decision, error) {
	if opa != "" {
		return stockOPA(ctx, in, bundle, path, opa)
	}
	e, err := policies.NewEngine(ctx, bundle)
	if err != nil {
		return nil, err
	}
	return e.Decide(ctx, in)
}

// stockOPA has the recorded input, as it is, evaluated by a program that has
// nothing of ours.
func stockOPA(ctx context.Context, in *facts.Input, bundle policies.Bundle, path, opa string) (d *policies.Decision, err error) {
	dir, err := os.MkdirTemp("", "procura-replay-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	raw, err := json.Marshal(in)
	if err != nil {
		return nil, err
	}
	input := filepath.Join(dir, "input.json")
	if err := os.WriteFile(input, raw, 0o600); err != nil {
		return nil, err
	}
	var stderr bytes.Buffer
	run := exec.CommandContext(ctx, opa, "eval", "--format=raw", "--fail", "--bundle", path, "--input", input, bundle.Entrypoint())
	run.Stderr = &stderr
	out, err := run.Output()
	if err != nil {
		return nil, failed(opa, err, stderr.Bytes())
	}
	d = &policies.Decision{}
	if err := json.NewDecoder(bytes.NewReader(out)).Decode(d); err != nil && err != io.EOF {
		return nil, fmt.Errorf("reading what %s answered: %w", opa, err)
	}
	return d, nil
}

// failed says that opa did not run, or what it said.
func failed(opa string, err error, said []byte) error {
	if said = bytes.TrimSpace(said); len(said) == 0 {
		return fmt.Errorf("--opa %s: %w", opa, err)
	}
	return fmt.Errorf("%s eval: %w: %s", opa, err, said)
}
