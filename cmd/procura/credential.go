package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/procura-dev/procura/verifier"
	"github.com/procura-dev/procura/verifier/proof"
	"github.com/procura-dev/procura/verifier/vc"
)

func credentialCommand() *cobra.Command {
	c := &cobra.Command{Use: "credential", Short: "Mint and present test credentials with did:key keys, and look into one"}
	c.AddCommand(credentialKey(), credentialIssue(), credentialPresent(), credentialInspect())
	return c
}

func credentialKey() *cobra.Command {
	var out, curve string
	c := &cobra.Command{
		Use:   "key -o FILE",
		Short: "Make a key pair and print its DID",
		Args:  cobra.NoArgs,
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
	c.Flags().StringVar(&curve, "type", "Ed25519", "Ed25519 or P-256")
	_ = c.MarkFlagRequired("output")
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

// issueFlags are what procura credential issue takes.
type issueFlags struct {
	key, format, holder, out string
	frameworks               []string
	life                     time.Duration
}

func credentialIssue() *cobra.Command {
	f := &issueFlags{}
	c := &cobra.Command{
		Use:   "issue UNSIGNED.json --key FILE",
		Short: "Sign a credential",
		Long: `Signs a credential as the key's DID. Start from an example that procura framework
compile wrote: --holder and --valid-for put in whose it is and how long it holds.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(cmd, args[0]) },
	}
	c.Flags().StringVar(&f.key, "key", "", "the issuer's private key")
	c.Flags().StringVar(&f.format, "format", vc.FormatVCJWT11, "vc-jwt (VC-JWT 1.1), vc+jwt (VC-JOSE) or ld (eddsa-rdfc-2022)")
	c.Flags().StringVar(&f.holder, "holder", "", "set credentialSubject.holder.id to this DID")
	c.Flags().DurationVar(&f.life, "valid-for", 0, "set the dates: from now, for so long (72h)")
	c.Flags().StringArrayVar(&f.frameworks, "framework", nil, "framework document, for the context of an ld credential (default: those that ship)")
	c.Flags().StringVarP(&f.out, "output", "o", "", "file to write (default: standard output)")
	_ = c.MarkFlagRequired("key")
	return c
}

func (f *issueFlags) run(cmd *cobra.Command, path string) error {
	tree, err := readTree(path)
	if err != nil {
		return err
	}
	doc, ok := tree.(map[string]any)
	if !ok {
		return fmt.Errorf("%s: a credential is an object", path)
	}
	key, err := readKey(f.key)
	if err != nil {
		return err
	}
	fill(doc, key.DID(), f.holder, f.life, time.Now())
	library, err := loadLibrary(cmd.Context(), f.frameworks)
	if err != nil {
		return err
	}
	signer := &proof.Signer{Key: key, Contexts: library.Context, At: time.Now()}
	signed, err := signer.Credential(cmd.Context(), doc, f.format)
	if err != nil {
		return err
	}
	return emit(cmd, f.out, signed)
}

// fill puts issuer, holder and dates into a credential; what is not given stays.
func fill(doc map[string]any, issuer, holder string, life time.Duration, now time.Time) {
	doc["issuer"] = issuer
	if holder != "" {
		subject, _ := doc["credentialSubject"].(map[string]any)
		if h, ok := subject["holder"].(map[string]any); ok {
			h["id"] = holder
		}
	}
	if life == 0 {
		return
	}
	from, until := "issuanceDate", "expirationDate"
	if list, ok := doc["@context"].([]any); ok && len(list) > 0 && list[0] == "https://www.w3.org/ns/credentials/v2" {
		from, until = "validFrom", "validUntil"
	}
	doc[from] = now.UTC().Format(time.RFC3339)
	doc[until] = now.UTC().Add(life).Format(time.RFC3339)
}

// emit writes a JWT as it is, an object as JSON.
func emit(cmd *cobra.Command, path string, signed any) error {
	text, ok := signed.(string)
	if !ok {
		raw, err := json.MarshalIndent(signed, "", "  ")
		if err != nil {
			return err
		}
		text = string(raw)
	}
	if path == "" {
		fmt.Fprintln(cmd.OutOrStdout(), text)
		return nil
	}
	return os.WriteFile(path, []byte(text), 0o600)
}

// presentFlags are what procura credential present takes.
type presentFlags struct {
	key, format, challenge, nonce, domain, out string
	credentials, frameworks                    []string
}

func credentialPresent() *cobra.Command {
	f := &presentFlags{}
	c := &cobra.Command{
		Use:   "present --key FILE --credential FILE … --challenge FILE",
		Short: "Sign a presentation for a challenge",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return f.run(cmd) },
	}
	c.Flags().StringVar(&f.key, "key", "", "the holder's private key")
	c.Flags().StringArrayVar(&f.credentials, "credential", nil, "a signed credential; may be repeated")
	c.Flags().StringVar(&f.challenge, "challenge", "", "the server's answer to POST /v1/challenges, or any JSON with nonce and domain")
	c.Flags().StringVar(&f.nonce, "nonce", "", "instead of --challenge")
	c.Flags().StringVar(&f.domain, "domain", "", "instead of --challenge")
	c.Flags().StringVar(&f.format, "format", vc.FormatVPJWT11, "vp-jwt (VC-JWT 1.1), vp+jwt (VC-JOSE) or ld (eddsa-rdfc-2022)")
	c.Flags().StringArrayVar(&f.frameworks, "framework", nil, "framework document, for the contexts of ld credentials (default: those that ship)")
	c.Flags().StringVarP(&f.out, "output", "o", "", "file to write (default: standard output)")
	_ = c.MarkFlagRequired("key")
	_ = c.MarkFlagRequired("credential")
	return c
}

func (f *presentFlags) run(cmd *cobra.Command) error {
	expect, err := f.expect()
	if err != nil {
		return err
	}
	key, err := readKey(f.key)
	if err != nil {
		return err
	}
	credentials, err := readCredentials(f.credentials)
	if err != nil {
		return err
	}
	library, err := loadLibrary(cmd.Context(), f.frameworks)
	if err != nil {
		return err
	}
	signer := &proof.Signer{Key: key, Contexts: library.Context, At: time.Now()}
	signed, err := signer.Presentation(cmd.Context(), credentials, f.format, expect)
	if err != nil {
		return err
	}
	return emit(cmd, f.out, signed)
}

func (f *presentFlags) expect() (proof.Expect, error) {
	e := proof.Expect{Nonce: f.nonce, Domain: f.domain}
	if f.challenge != "" {
		c, err := readChallenge(f.challenge)
		if err != nil {
			return e, err
		}
		e.Nonce, e.Domain = c.Nonce, c.Domain
	}
	if e.Nonce == "" || e.Domain == "" {
		return e, errors.New("a presentation is signed over a nonce and a domain: give --challenge, or both")
	}
	return e, nil
}

// A challengeFile is what of a challenge a holder needs.
type challengeFile struct {
	Nonce            string `json:"nonce"`
	Domain           string `json:"domain"`
	PresentationsURL string `json:"presentationsUrl"`
}

func readChallenge(path string) (c challengeFile, err error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return c, err
	}
	if err := json.Unmarshal(raw, &c); err != nil {
		return c, fmt.Errorf("%s: %w", path, err)
	}
	return c, nil
}

func readCredentials(paths []string) ([]any, error) {
	var out []any
	for _, path := range paths {
		raw, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		s := asSubmitted(raw)
		if s.MediaType == verifier.MediaJWT {
			out = append(out, string(s.Raw))
			continue
		}
		tree, err := vc.ParseJSON(s.Raw)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		out = append(out, tree)
	}
	return out, nil
}

func credentialInspect() *cobra.Command {
	var url, stateURL bool
	c := &cobra.Command{
		Use:   "inspect FILE",
		Short: "Show what a credential, presentation or challenge says; nothing is verified",
		Long:  "Shows what stands in a file, or with - on standard input: JSON indented, a JWT opened.",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if url || stateURL {
				return printURL(cmd, args[0], stateURL)
			}
			return inspect(cmd, args[0])
		},
	}
	c.Flags().BoolVar(&url, "url", false, "print where to send presentations for the challenge in FILE")
	c.Flags().BoolVar(&stateURL, "state-url", false, "print where the state of the challenge in FILE can be read")
	c.MarkFlagsMutuallyExclusive("url", "state-url")
	return c
}

func printURL(cmd *cobra.Command, path string, state bool) error {
	c, err := readChallenge(path)
	if err != nil {
		return err
	}
	if c.PresentationsURL == "" {
		return fmt.Errorf("%s is no challenge: it has no presentationsUrl", path)
	}
	url := c.PresentationsURL
	if state {
		url = strings.TrimSuffix(url, "/presentations")
	}
	fmt.Fprintln(cmd.OutOrStdout(), url)
	return nil
}

// readFile reads a file, or standard input for "-".
func readFile(cmd *cobra.Command, path string) ([]byte, error) {
	if path == "-" {
		return io.ReadAll(cmd.InOrStdin())
	}
	return os.ReadFile(path)
}

func inspect(cmd *cobra.Command, path string) error {
	raw, err := readFile(cmd, path)
	if err != nil {
		return err
	}
	shown, err := decoded(strings.TrimSpace(string(raw)))
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	out, err := json.MarshalIndent(shown, "", "  ")
	if err != nil {
		return err
	}
	fmt.Fprintln(cmd.OutOrStdout(), string(out))
	return nil
}

// decoded opens a JWT and the JWTs that it holds.
func decoded(text string) (any, error) {
	if strings.HasPrefix(text, "{") {
		return vc.ParseJSON([]byte(text))
	}
	jwt, err := vc.ParseJWT(text)
	if err != nil {
		return nil, err
	}
	return map[string]any{"header": jwt.Header, "payload": opened(jwt.Payload)}, nil
}

func opened(v any) any {
	switch x := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(x))
		for k, item := range x {
			out[k] = opened(item)
		}
		return out
	case []any:
		out := make([]any, len(x))
		for i, item := range x {
			out[i] = opened(item)
		}
		return out
	case string:
		text := strings.TrimPrefix(strings.TrimPrefix(x, "data:application/vc+jwt,"), "data:application/vp+jwt,")
		if strings.Count(text, ".") == 2 {
			if inner, err := decoded(text); err == nil {
				return inner
			}
		}
	}
	return v
}
