package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/procura-dev/procura/server"
)

func clientCommand() *cobra.Command {
	c := &cobra.Command{Use: "client", Short: "Register the programs that may call the server",
		Long: `Registers the programs that may call the server. Works on the store itself, also
while the server runs: give it the same --data, or --database and --key-file.`}
	c.AddCommand(clientAdd(), clientList(), clientRemove())
	return c
}

func clientAdd() *cobra.Command {
	p := &place{}
	var role, tenant, name, certificate string
	var domains []string
	c := &cobra.Command{
		Use:   "add --role R",
		Short: "Register a client and print its token, once",
		Long: `Registers a client and prints its token on standard output. Only a digest of the
token is stored: it cannot be shown again. The client sends it with each call, as
"Authorization: Bearer <token>". With --certificate it gets no token, and proves
itself by that certificate's key in mutual TLS, also after renewal. A verifier needs a --domain: presentations are
made for it, and for no other.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !server.Role(role).Valid() {
				return fmt.Errorf("--role: want one of %s", roleNames(server.Roles))
			}
			if server.Role(role) == server.RoleVerifier && len(domains) == 0 {
				return errors.New("a verifier needs a --domain: presentations are made for it, and for no other")
			}
			if err := server.CheckTenant(tenant); err != nil {
				return fmt.Errorf("--tenant: %w", err)
			}
			s, err := p.existing(cmd.Context(), cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			defer s.Close()
			if name == "" {
				name = fmt.Sprintf("%s-%d", role, time.Now().UnixNano())
			}
			client, token := server.NewClient(tenant, name, server.Role(role), domains, time.Now())
			if certificate != "" {
				leaf, err := server.ReadCertificate(certificate)
				if err != nil {
					return fmt.Errorf("--certificate: %w", err)
				}
				client.Token, client.Certificate = server.TokenDigest{}, server.DigestKey(leaf)
			}
			if err := s.AddClient(cmd.Context(), client); err != nil {
				return err
			}
			if certificate != "" {
				fmt.Fprintf(cmd.ErrOrStderr(), "client %s (%s), by the key of %s\n", client.ID, name, certificate)
				return nil
			}
			fmt.Fprintf(cmd.ErrOrStderr(), "client %s (%s); its token, which cannot be shown again:\n", client.ID, name)
			fmt.Fprintln(cmd.OutOrStdout(), string(token))
			return nil
		},
	}
	p.flags(c)
	c.Flags().StringVar(&role, "role", "", "one of "+roleNames(server.Roles))
	c.Flags().StringVar(&tenant, "tenant", server.DefaultTenant, "whose client it is")
	c.Flags().StringVar(&name, "name", "", "unique in the tenant (default: made from the role)")
	c.Flags().StringVar(&certificate, "certificate", "", "PEM file of the client's certificate, instead of a token")
	c.Flags().StringArrayVar(&domains, "domain", nil, "domain for which it verifies; may be repeated")
	require(c, "role")
	return withSettings(c)
}

func clientList() *cobra.Command {
	p := &place{}
	var tenant string
	c := &cobra.Command{
		Use:   "list",
		Short: "List a tenant's clients",
		Long:  "Lists a tenant's clients, one a line: id, role, name, domains.",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := p.existing(cmd.Context(), cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			defer s.Close()
			clients, err := s.ListClients(cmd.Context(), tenant)
			if err != nil {
				return err
			}
			for _, c := range clients {
				fmt.Fprintf(cmd.OutOrStdout(), "%s  %-13s  %s  %s\n", c.ID, c.Role, c.Name, strings.Join(c.Domains, " "))
			}
			return nil
		},
	}
	p.flags(c)
	c.Flags().StringVar(&tenant, "tenant", server.DefaultTenant, "whose clients")
	return withSettings(c)
}

func clientRemove() *cobra.Command {
	p := &place{}
	var tenant string
	c := &cobra.Command{
		Use:   "remove ID",
		Short: "End a client's access",
		Long:  "Ends a client's access at once. ID is what client list prints first.",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := p.existing(cmd.Context(), cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			defer s.Close()
			return s.RemoveClient(cmd.Context(), tenant, args[0])
		},
	}
	p.flags(c)
	c.Flags().StringVar(&tenant, "tenant", server.DefaultTenant, "whose client")
	return withSettings(c)
}
