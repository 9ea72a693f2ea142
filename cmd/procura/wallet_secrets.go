package main

import (
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/procura-dev/procura/server"
)

func walletSecretsCommand() *cobra.Command {
	c := &cobra.Command{Use: "secrets", Short: "Turn over what wallets' passwords are proved with",
		Long: `Wallets' passwords are proved with secrets of the server, of which there are
generations. A record of a password is worth nothing without the generation that
it was made under. Works on the store itself, also while servers run: give it the
same --data, or --database and --key-file.`}
	c.AddCommand(walletSecretsList(), walletSecretsRotate(), walletSecretsRetire())
	return c
}

func walletSecretsList() *cobra.Command {
	p := &place{}
	c := &cobra.Command{
		Use:   "list",
		Short: "List the generations, and what hangs on each",
		Long:  "Lists the generations of secrets, the newest first, one a line: number, when it began, accounts whose record is of it, sessions that have not ended.",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := p.existing(cmd.Context(), cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			defer s.Close()
			all, err := s.SecretsInUse(cmd.Context(), time.Now())
			if err != nil {
				return err
			}
			for _, u := range all {
				fmt.Fprintf(cmd.OutOrStdout(), "%d  %s  %d accounts  %d sessions\n", u.Generation, u.Begun.UTC().Format(time.RFC3339), u.Accounts, u.Sessions)
			}
			return nil
		},
	}
	p.flags(c)
	return withSettings(c)
}

func walletSecretsRotate() *cobra.Command {
	p := &place{}
	c := &cobra.Command{
		Use:   "rotate",
		Short: "Add a generation",
		Long: `Adds a generation of secrets. Servers that run take it up by themselves, and after
ten seconds make what is new under it. The record of an account moves when its
holder next logs in; sessions end as ever.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := p.existing(cmd.Context(), cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			defer s.Close()
			generation, err := server.RotateSecrets(cmd.Context(), s, time.Now())
			if err != nil {
				return err
			}
			fmt.Fprintln(cmd.OutOrStdout(), generation)
			return nil
		},
	}
	p.flags(c)
	return withSettings(c)
}

func walletSecretsRetire() *cobra.Command {
	p := &place{}
	c := &cobra.Command{
		Use:   "retire N",
		Short: "Remove a generation on which nothing hangs",
		Long: `Removes a generation of secrets. It refuses while an account's record or a session is
of it, and the newest: see wallet secrets list. Invitations that were made while it was
the newest are worth nothing afterwards, nor are records in backups of before.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			n, err := strconv.ParseUint(args[0], 10, 32)
			if err != nil {
				return fmt.Errorf("%s is no number of a generation", args[0])
			}
			s, err := p.existing(cmd.Context(), cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			defer s.Close()
			return server.RetireSecrets(cmd.Context(), s, uint32(n), time.Now())
		},
	}
	p.flags(c)
	return withSettings(c)
}
