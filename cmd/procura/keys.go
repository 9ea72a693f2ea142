package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/procura-dev/procura/server"
)

func keysCommand() *cobra.Command {
	c := &cobra.Command{Use: "keys", Short: "Keys by which the server signs",
		Long: `Keys by which the server signs what it publishes (ES256); /bundles/keys serves
their public halves. Works on the store itself, also while the server runs: give it
the same --data, or --database and --key-file.`}
	c.AddCommand(keysRotate(), keysList())
	return c
}

func keysRotate() *cobra.Command {
	p := &place{}
	c := &cobra.Command{
		Use:   "rotate",
		Short: "Have another key sign from tomorrow on",
		Long: `Adds a key that signs from a day on, so that whoever keeps the server's keys has
it by then. The one before is served for a week more, for what it signed.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := p.existing(cmd.Context(), cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			defer s.Close()
			if err := (&server.Signing{Store: s}).Rotate(cmd.Context()); err != nil {
				return err
			}
			return printKeys(cmd, s)
		},
	}
	p.flags(c)
	return withSettings(c)
}

func keysList() *cobra.Command {
	p := &place{}
	c := &cobra.Command{
		Use:   "list",
		Short: "List the keys by which the server signs",
		Long:  "Lists the keys, one a line: id, and from when on it signs, until the next one does.",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := p.existing(cmd.Context(), cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			defer s.Close()
			return printKeys(cmd, s)
		},
	}
	p.flags(c)
	return withSettings(c)
}

func printKeys(cmd *cobra.Command, s server.SigningKeys) error {
	keys, err := s.SigningKeys(cmd.Context())
	if err != nil {
		return err
	}
	if len(keys) == 0 {
		fmt.Fprintln(cmd.ErrOrStderr(), "no key yet: the server makes one when it first signs, or is asked for its keys")
	}
	for _, k := range keys {
		fmt.Fprintf(cmd.OutOrStdout(), "%s  signs from %s\n", k.ID, k.SignsFrom.Format(time.RFC3339))
	}
	return nil
}
