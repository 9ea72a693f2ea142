package main

import (
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/procura-dev/procura/server"
	"github.com/procura-dev/procura/wallet/keys"
	"github.com/procura-dev/procura/wallet/session"
)

func walletCommand() *cobra.Command {
	c := &cobra.Command{Use: "wallet", Short: "A wallet on a server, as its holder's client",
		Long: `A wallet on a server, as its holder's client. The password is asked for at the
terminal, or read from --password-file or --password-fd; neither it nor what is made
of it reaches the server. Each command logs in and ends its session; on this device
stays only a token that opens nothing. docs/wallet-command.md has more.`}
	c.AddCommand(walletRegister(), walletLogin(), walletLogout(), walletShow(), walletAudit(), walletNotices(), walletInvite(), walletAdminCommand(),
		walletPassword(), walletRecovery(), walletDevices(), walletPartition(), walletCollection(), walletItem(), walletProfile(), walletKey(), walletJWT(), walletCredential(), walletRepresented(), walletProxy(), walletSecretsCommand())
	return c
}

// walletWork makes a command that works in a session of its own.
func walletWork(h *holder, c *cobra.Command) *cobra.Command {
	h.flags(c)
	return withSettings(c)
}

// shownID is an id as the command prints and reads it: base64url can begin with a dash.
func shownID(id keys.ID) string { return hex.EncodeToString(id[:]) }

// readID reads what [shownID] wrote.
func readID(text string) (id keys.ID, err error) {
	raw, err := hex.DecodeString(text)
	if err != nil || len(raw) != len(id) || keys.ID(raw) == (keys.ID{}) {
		return id, fmt.Errorf("%q is no id: want the 32 letters and digits that a list shows", text)
	}
	return keys.ID(raw), nil
}

func walletInvite() *cobra.Command {
	p, tenant, name, valid := &place{}, "", "", time.Duration(0)
	c := &cobra.Command{
		Use:   "invite --name N",
		Short: "Invite somebody to register a name, as the server's operator",
		Long: `Prints an invitation: whoever has it may register this name, where serve has
--wallet-registration TENANT=invitation. Works on the store itself, also while the server
runs: give it the same --data, or --database and --key-file.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			canonical, err := session.Canonical(name)
			if err := errors.Join(server.CheckTenant(tenant), err); err != nil {
				return err
			}
			if valid <= 0 {
				return errors.New("--valid-for: must be more than 0")
			}
			if err := p.mustExist(); err != nil {
				return err
			}
			s, key, err := p.open(cmd.Context(), cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			defer s.Close()
			// An invitation says nothing of where the server is found.
			w, err := server.OpenWallets(cmd.Context(), s, server.WalletOffer{Origin: defaultServer, Names: key.Derive(namesKey)}, time.Now)
			if err != nil {
				return err
			}
			until := time.Now().Add(valid)
			fmt.Fprintf(cmd.ErrOrStderr(), "an invitation for %s, tenant %s, until %s:\n", canonical, tenant, until.UTC().Format(time.RFC3339))
			fmt.Fprintln(cmd.OutOrStdout(), w.Server.SealInvitation(tenant, canonical, until))
			return nil
		},
	}
	p.flags(c)
	c.Flags().StringVar(&tenant, "tenant", server.DefaultTenant, "in which the name may be registered")
	c.Flags().StringVar(&name, "name", "", "that may be registered")
	c.Flags().DurationVar(&valid, "valid-for", 72*time.Hour, "how long")
	require(c, "name")
	return withSettings(c)
}
