package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/procura-dev/procura/verifier/proof"
)

// credentialCommand mints for trying things out: its keys lie in files.
func credentialCommand() *cobra.Command {
	c := &cobra.Command{Use: "credential", Short: "Mint and present test credentials, and look into one",
		Long: `Mints credentials and presentations for trying things out, with did:key keys that
lie in files, in every proof format that is verified.`}
	c.AddCommand(credentialKey(), credentialIssue(), credentialPresent(), credentialInspect())
	return c
}

func credentialKey() *cobra.Command {
	var out, curve string
	c := &cobra.Command{
		Use:   "key -o FILE",
		Short: "Make a key pair and print its DID",
		Long: `Makes a key pair, writes it to a file as a JWK, and prints its did:key. Whoever
reads the file can sign as that DID.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			key, err := makeKey(out, curve)
			if err != nil {
				return err
			}
			fmt.Fprintln(cmd.OutOrStdout(), key.DID())
			return nil
		},
	}
	c.Flags().StringVarP(&out, "output", "o", "", "file for the private key (JWK, mode 0600); it must not exist")
	c.Flags().StringVar(&curve, "type", "Ed25519", strings.Join(proof.KeyTypes, ", "))
	require(c, "output")
	return c
}

// makeKey writes a new private key to path, which must not exist.
func makeKey(path, curve string) (*proof.Key, error) {
	key, err := proof.GenerateKey(curve)
	if err != nil {
		return nil, err
	}
	jwk, err := key.JWK()
	if err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	_, err = f.Write(jwk)
	return key, errors.Join(err, f.Close())
}

func readKey(path string) (*proof.Key, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	key, err := proof.ParseKey(raw)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return key, nil
}
