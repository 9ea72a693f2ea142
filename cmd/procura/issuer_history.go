package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/procura-dev/procura/server"
	"github.com/procura-dev/procura/wallet/lifecycle"
)

func issuerHistory() *cobra.Command {
	p := &place{}
	var tenant string
	c := &cobra.Command{
		Use:   "history CREDENTIAL",
		Short: "Tell what became of a credential, why and by whom",
		Long: `Tells what became of a credential since it was issued, the first first: when, the
action, who asked for it (a client's id, or a DID that was proved), and the reason.
It is named by the credentialId that it was issued with.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := p.existing(cmd.Context(), cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			defer s.Close()
			found, err := s.Find(cmd.Context(), tenant, []lifecycle.Ref{{Name: args[0]}}, "")
			if err != nil {
				return err
			}
			events, err := s.History(cmd.Context(), tenant, found[0].ID)
			if err != nil {
				return err
			}
			for _, e := range events {
				fmt.Fprintf(cmd.OutOrStdout(), "%s  %s  %s  %q\n", e.At.Format(time.RFC3339), e.Action, e.By, e.Reason)
			}
			return nil
		},
	}
	p.flags(c)
	c.Flags().StringVar(&tenant, "tenant", server.DefaultTenant, "whose credential it is")
	return withSettings(c)
}
