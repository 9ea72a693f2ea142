package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/procura-dev/procura/server"
	"github.com/procura-dev/procura/verifier/did"
	"github.com/procura-dev/procura/verifier/proof"
)

func issuerKey() *cobra.Command {
	p := &place{}
	var tenant, profile, curve, method string
	c := &cobra.Command{
		Use:   "key --name N --did did:web:…#KEY",
		Short: "Give a profile with a did:web one more key",
		Long: `Makes one more key for a profile that issues as a did:web, and prints the DID document
to publish. The newest key that can sign in a format does. A did:key has its one key.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := p.existing(cmd.Context(), cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			defer s.Close()
			has, _, err := s.Keyring(cmd.Context(), tenant, profile, "")
			if err != nil {
				return err
			}
			if !did.IsWeb(has.DID) || did.Controller(method) != has.DID {
				return fmt.Errorf("--did: profile %q issues as %s; only a did:web has several keys", profile, has.DID)
			}
			_, key, err := newIssuerKey(curve, method)
			if err != nil {
				return err
			}
			if err := s.AddKey(cmd.Context(), tenant, profile, key); err != nil {
				return err
			}
			return announce(cmd, s, has)
		},
	}
	p.flags(c)
	c.Flags().StringVar(&tenant, "tenant", server.DefaultTenant, "whose profile it is")
	c.Flags().StringVar(&profile, "name", "", "of the profile")
	c.Flags().StringVar(&curve, "type", proof.Ed25519, "of the key: "+strings.Join(proof.KeyTypes, ", "))
	c.Flags().StringVar(&method, "did", "", "the profile's did:web with the key's fragment")
	require(c, "name", "did")
	return withSettings(c)
}

func issuerRetire() *cobra.Command {
	p := &place{}
	var tenant, profile, method string
	c := &cobra.Command{
		Use:   "retire --name N --did did:web:…#KEY",
		Short: "Have a key of a profile sign no more",
		Long: `Has a key sign no more, neither credentials nor status lists, from the next call on.
What it signed holds for as long as the DID document has it. The last key of a
profile is not retired: its status lists would go stale.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := p.existing(cmd.Context(), cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			defer s.Close()
			_, keys, err := s.Keyring(cmd.Context(), tenant, profile, "")
			if err != nil {
				return err
			}
			left := 0
			for _, k := range keys {
				if k.RetiredAt.IsZero() && k.Method != method {
					left++
				}
			}
			if left == 0 {
				return errors.New("the last key of a profile is not retired: its status lists would go stale")
			}
			return s.RetireKey(cmd.Context(), tenant, profile, strings.TrimSpace(method), time.Now().UTC())
		},
	}
	p.flags(c)
	c.Flags().StringVar(&tenant, "tenant", server.DefaultTenant, "whose profile it is")
	c.Flags().StringVar(&profile, "name", "", "of the profile")
	c.Flags().StringVar(&method, "did", "", "the key, as issuer key printed it")
	require(c, "name", "did")
	return withSettings(c)
}
