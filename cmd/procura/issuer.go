package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/procura-dev/procura/server"
	"github.com/procura-dev/procura/verifier/did"
	"github.com/procura-dev/procura/verifier/proof"
	"github.com/procura-dev/procura/verifier/vc"
	"github.com/procura-dev/procura/wallet/issuance"
	"github.com/procura-dev/procura/wallet/lifecycle"
)

func issuerCommand() *cobra.Command {
	c := &cobra.Command{Use: "issuer", Short: "Profiles as which the server issues credentials",
		Long: `Profiles as which the server issues credentials, and the keys that it keeps for them,
sealed by its own: it issues, revokes and signs status lists while nobody is logged
in. Works on the store itself, also while the server runs: give it the same --data,
or --database and --key-file.`}
	c.AddCommand(issuerAdd(), issuerList(), issuerKey(), issuerRetire(), issuerHistory())
	return c
}

// issuerFlags are those of a new profile.
type issuerFlags struct {
	place
	tenant, name, client, curve, did string
	settings                         issuance.Settings
}

func issuerAdd() *cobra.Command {
	f := &issuerFlags{}
	c := &cobra.Command{
		Use:   "add --name N --client ID",
		Short: "Make a profile with a key of its own, and print its DID",
		Long: `Makes a profile with a key of its own, and prints as which DID it issues: a did:key,
unless --did names a did:web, whose document is then printed for you to publish. The
client, of role issuer, may issue as it and change the status of what it issued.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return f.add(cmd) },
	}
	f.flags(c)
	c.Flags().StringVar(&f.tenant, "tenant", server.DefaultTenant, "whose profile it is")
	c.Flags().StringVar(&f.name, "name", "", "of the profile, unique in the tenant")
	c.Flags().StringVar(&f.client, "client", "", "id or name of the client that may act as it")
	c.Flags().StringVar(&f.curve, "type", proof.Ed25519, "of its key: "+strings.Join(proof.KeyTypes, ", "))
	c.Flags().StringVar(&f.did, "did", "", "a did:web to issue as, with the key's fragment: did:web:example.org#key-1 (default: the key's did:key)")
	c.Flags().StringSliceVar(&f.settings.Formats, "format", []string{vc.FormatVCJOSE}, "in which it issues, the first unless another is asked for: "+strings.Join(issuance.Formats, ", "))
	c.Flags().StringSliceVar(&f.settings.Status, "status", []string{lifecycle.Revocation, lifecycle.Suspension}, "that each credential is given: "+strings.Join(issuance.Purposes, ", ")+`; "" for none`)
	c.Flags().StringArrayVar(&f.settings.Messages, "message", nil, "what the next value of the status message means; give one for each, from 0 on")
	c.Flags().StringArrayVar(&f.settings.Revokers, "revoker", nil, "who may change a status beside the client: proxied (whom a credential is about), issuers (who may issue it by its framework), or a DID; may be repeated")
	require(c, "name", "client")
	return withSettings(c)
}

func (f *issuerFlags) add(cmd *cobra.Command) error {
	if err := errors.Join(server.CheckTenant(f.tenant), f.settings.Check()); err != nil {
		return err
	}
	for _, r := range f.settings.Revokers {
		if r != issuance.Proxied && r != issuance.Issuers && !strings.HasPrefix(r, "did:") {
			return fmt.Errorf("--revoker %s: want %s, %s or a DID", r, issuance.Proxied, issuance.Issuers)
		}
	}
	key, stored, err := newIssuerKey(f.curve, f.did)
	if err != nil {
		return err
	}
	s, err := f.existing(cmd.Context(), cmd.ErrOrStderr())
	if err != nil {
		return err
	}
	defer s.Close()
	client, err := issuingClient(cmd.Context(), s, f.tenant, f.client)
	if err != nil {
		return err
	}
	p := &issuance.Profile{Tenant: f.tenant, Name: f.name, Client: client, Custody: issuance.Custodial, DID: key.DID(), Settings: f.settings, CreatedAt: stored.MadeAt}
	if err := s.AddProfile(cmd.Context(), p, stored); err != nil {
		return err
	}
	return announce(cmd, s, p)
}

// newIssuerKey makes a key that signs as a did:web, or as its own did:key.
func newIssuerKey(curve, method string) (*proof.Key, *issuance.Key, error) {
	key, err := proof.GenerateKey(curve)
	if err != nil {
		return nil, nil, err
	}
	jwk, err := key.JWK()
	if err != nil {
		return nil, nil, err
	}
	if method != "" {
		if !did.IsWeb(did.Controller(method)) || !strings.Contains(method, "#") {
			return nil, nil, fmt.Errorf("--did: %q is no did:web with a fragment", method)
		}
		key = key.As(method)
	}
	return key, &issuance.Key{Method: key.ID, Secret: jwk, MadeAt: time.Now().UTC()}, nil
}

// issuingClient finds a client of role issuer by its id or its name.
func issuingClient(ctx context.Context, s store, tenant, name string) (string, error) {
	all, err := s.ListClients(ctx, tenant)
	if err != nil {
		return "", err
	}
	for _, c := range all {
		if c.Role == server.RoleIssuer && (c.ID == name || c.Name == name) {
			return c.ID, nil
		}
	}
	return "", fmt.Errorf("--client: tenant %q has no client %q of role issuer", tenant, name)
}

// announce prints a profile's DID, or the document of its did:web.
func announce(cmd *cobra.Command, s store, p *issuance.Profile) error {
	if !did.IsWeb(p.DID) {
		fmt.Fprintln(cmd.OutOrStdout(), p.DID)
		return nil
	}
	_, stored, err := s.Keyring(cmd.Context(), p.Tenant, p.Name, "")
	if err != nil {
		return err
	}
	var keys []*proof.Key
	for _, k := range stored {
		if !k.RetiredAt.IsZero() {
			continue
		}
		key, err := proof.ParseKey(k.Secret)
		if err != nil {
			return err
		}
		keys = append(keys, key.As(k.Method))
	}
	if len(keys) == 0 {
		return issuance.ErrNoKey
	}
	if address, err := did.DocumentURL(p.DID); err == nil {
		fmt.Fprintf(cmd.ErrOrStderr(), "publish this at %s:\n", address)
	}
	return emit(cmd, "", issuance.Document(keys...))
}

func issuerList() *cobra.Command {
	p := &place{}
	var tenant string
	c := &cobra.Command{
		Use:   "list",
		Short: "List a tenant's profiles",
		Long:  "Lists a tenant's profiles, one a line: name, DID, client, formats, statuses.",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := p.existing(cmd.Context(), cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			defer s.Close()
			all, err := s.ProfilesOf(cmd.Context(), tenant)
			if err != nil {
				return err
			}
			for _, p := range all {
				fmt.Fprintf(cmd.OutOrStdout(), "%s  %s  %s  %s  %s\n", p.Name, p.DID, p.Client, strings.Join(p.Formats, ","), strings.Join(p.Status, ","))
			}
			return nil
		},
	}
	p.flags(c)
	c.Flags().StringVar(&tenant, "tenant", server.DefaultTenant, "whose profiles")
	return withSettings(c)
}
