package main

import (
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/procura-dev/procura/server"
	"github.com/procura-dev/procura/verifier/did"
	"github.com/procura-dev/procura/verifier/pack"
	"github.com/procura-dev/procura/verifier/status"
)

func packInspect() *cobra.Command {
	var keys string
	c := &cobra.Command{
		Use:   "inspect PACK [--keys FILE]",
		Short: "Say what is in a pack, of when, and who signed it",
		Long: `Says what is in a pack, of when it is, and who signed it. With --keys it is refused
where none of these keys signed it; without, nothing that is printed is proved.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return inspectPack(cmd.OutOrStdout(), args[0], keys) },
	}
	c.Flags().StringVar(&keys, "keys", "", "what /bundles/keys?as=opa answers: refuse a pack that none of these signed")
	return c
}

func inspectPack(w io.Writer, path, keysPath string) error {
	sealed, err := readPack(path)
	if err != nil {
		return err
	}
	word := "not checked: give --keys"
	if keysPath != "" {
		keys, err := readKeys(keysPath)
		if err != nil {
			return err
		}
		if err := sealed.Verify(keys); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		word = "the signature holds"
	}
	p, err := sealed.Open()
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	fmt.Fprintf(w, "packed %s\nsigned by key %q (%s)\n", p.PackedAt.Format(time.RFC3339), sealed.KeyID, word)
	return listPack(w, p)
}

// listPack prints what a pack holds, a line each.
func listPack(w io.Writer, p *pack.Pack) error {
	for _, f := range p.Frameworks {
		fmt.Fprintf(w, "framework %q %q, source %s%s\n", f.Name, f.Version, server.SourceDigest(f.Source), withdrawnAs(f.Withdrawn))
	}
	for _, d := range p.DIDs {
		if err := did.CheckDocument(d.ID, []byte(d.Document)); err != nil {
			return err
		}
		fmt.Fprintf(w, "DID document %s\n", d.ID)
	}
	for _, l := range p.StatusLists {
		list, err := status.ListAt(l.URL, l.List)
		if err != nil {
			return err
		}
		s := list.Summary()
		fmt.Fprintf(w, "status list %q by %q, of %s, until %s\n", l.URL, s.Issuer, dated(s.SignedAt), dated(s.ValidUntil))
	}
	return nil
}

func withdrawnAs(w *pack.Withdrawal) string {
	switch {
	case w == nil:
		return ""
	case w.Successor == "":
		return ", withdrawn from " + w.From.Format(time.RFC3339)
	}
	return ", withdrawn from " + w.From.Format(time.RFC3339) + fmt.Sprintf(" for %q", w.Successor)
}

// dated is an instant, which may be unknown.
func dated(at time.Time) string {
	if at.IsZero() {
		return "no date"
	}
	return at.UTC().Format(time.RFC3339)
}
