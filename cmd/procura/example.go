package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/procura-dev/procura/policies/authz"
	"github.com/procura-dev/procura/server"
	"github.com/procura-dev/procura/verifier/proof"
)

// exampleClient is the client whose token lies in verifier.header.
const exampleClient = "example"

// writeExample puts into dir what one needs to try the server at base, lets
// the example's issuer issue under the camp's framework, and prints what to
// paste. What a former call wrote goes on to be valid.
func writeExample(ctx context.Context, s store, dir, base string, out io.Writer) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	issuer, err := keepKey(filepath.Join(dir, "issuer.jwk"))
	if err != nil {
		return err
	}
	holder, err := keepKey(filepath.Join(dir, "holder.jwk"))
	if err != nil {
		return err
	}
	now := time.Now()
	g := &grandparent{
		did: holder.DID(), name: "Amina", from: now.Add(-time.Minute), until: now.Add(30 * 24 * time.Hour),
		constraints: map[string]any{},
	}
	credential, err := g.signed(ctx, issuer)
	if err != nil {
		return err
	}
	request, err := json.MarshalIndent(exampleRequest(), "", "  ")
	if err != nil {
		return err
	}
	if err := errors.Join(
		os.WriteFile(filepath.Join(dir, "credential.jwt"), []byte(credential+"\n"), 0o600),
		os.WriteFile(filepath.Join(dir, "holder.did"), []byte(holder.DID()+"\n"), 0o600),
		os.WriteFile(filepath.Join(dir, "request.json"), append(request, '\n'), 0o600),
		writePolicySets(filepath.Join(dir, "policysets")),
		listIssuer(ctx, s, issuer.DID()),
		keepHeader(ctx, s, filepath.Join(dir, "verifier.header"), now), // last: who waits for it can begin
	); err != nil {
		return err
	}
	printExample(out, dir, base)
	return nil
}

// writePolicySets writes the examples of policy sets, a folder each, for
// procura policyset publish.
func writePolicySets(dir string) error {
	for _, name := range authz.Examples() {
		if err := os.MkdirAll(filepath.Join(dir, name), 0o700); err != nil {
			return err
		}
		for file, raw := range authz.Example(name) {
			if err := os.WriteFile(filepath.Join(dir, name, file), raw, 0o600); err != nil {
				return err
			}
		}
	}
	return nil
}

// exampleRequest asks what Amina may decide alone.
func exampleRequest() map[string]any {
	return map[string]any{
		"permissions":   []string{"routine-medical-care"},
		"proxied":       map[string]any{"attributes": laila()},
		"framework":     map[string]any{"name": campName, "range": "^1.0.0"},
		"circumstances": map[string]any{"place": map[string]any{"lat": 13.21, "lon": 22.31, "accuracyM": 15}},
	}
}

// keepKey reads the key at path, or makes it.
func keepKey(path string) (*proof.Key, error) {
	key, err := readKey(path)
	if errors.Is(err, fs.ErrNotExist) {
		return makeKey(path, proof.Ed25519)
	}
	return key, err
}

// keepHeader keeps the token at path while it is a client's, else registers
// the example's client anew. The file is a header, as curl -H @FILE takes it.
func keepHeader(ctx context.Context, s store, path string, now time.Time) error {
	raw, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	old := strings.TrimSpace(strings.TrimPrefix(string(raw), "Authorization: Bearer "))
	client, err := s.ClientByToken(ctx, server.Token(old).Digest())
	if err == nil && client.Name == exampleClient {
		return nil
	}
	if err != nil && !errors.Is(err, server.ErrUnknownClient) {
		return err
	}
	clients, err := s.ListClients(ctx, server.DefaultTenant)
	if err != nil {
		return err
	}
	for _, c := range clients {
		if c.Name == exampleClient {
			if err := s.RemoveClient(ctx, c.Tenant, c.ID); err != nil {
				return err
			}
		}
	}
	client, token := server.NewClient(server.DefaultTenant, exampleClient, server.RoleVerifier, []string{campDomain}, now)
	if err := s.AddClient(ctx, client); err != nil {
		return err
	}
	return os.WriteFile(path, []byte("Authorization: Bearer "+string(token)+"\n"), 0o600)
}

// listIssuer adds a DID to those who may issue under the camp's framework.
func listIssuer(ctx context.Context, s store, did string) error {
	dids, err := s.Registry(ctx, server.DefaultTenant, campIssuers)
	if err != nil || slices.Contains(dids, did) {
		return err
	}
	return s.PutRegistry(ctx, server.DefaultTenant, campIssuers, append(dids, did))
}

// printExample prints the three lines to paste.
func printExample(out io.Writer, dir, base string) {
	fmt.Fprintf(out, "\nThree lines to paste into another terminal, in this folder: open a challenge,\npresent to it, read the decision.\n\n%s\n",
		strings.Join(exampleLines(filepath.Clean(os.Args[0]), dir, base), ""))
}

// exampleLines are the lines, for sh. Beside program they need curl alone.
func exampleLines(program, dir, base string) []string {
	file := func(name string) string { return shellQuoted(filepath.Join(dir, name)) }
	program = shellQuoted(program)
	curl := "curl -sS -H @" + file("verifier.header")
	url := func(flag string) string {
		return fmt.Sprintf(`"$(%s credential inspect %s %s)"`, program, flag, file("challenge.json"))
	}
	return []string{
		fmt.Sprintf("%s -H 'Content-Type: application/json' --data @%s %s/v1/challenges -o %s\n",
			curl, file("request.json"), base, file("challenge.json")),
		fmt.Sprintf("%s credential present --key %s --credential %s --challenge %s | %s -H 'Content-Type: application/vp+jwt' --data-binary @- -o %s %s\n",
			program, file("holder.jwk"), file("credential.jwt"), file("challenge.json"), curl, file("decision.json"), url("--url")),
		fmt.Sprintf("%s %s | %s credential inspect -\n", curl, url("--state-url"), program),
	}
}

// shellQuoted quotes a word for sh where it needs that.
func shellQuoted(word string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("/._-+:=", r)
	}
	if word != "" && !strings.ContainsFunc(word, func(r rune) bool { return !plain(r) }) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
