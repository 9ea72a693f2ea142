package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/procura-dev/procura/verifier"
	"github.com/procura-dev/procura/verifier/proof"
	"github.com/procura-dev/procura/verifier/vc"
)

// presentFlags are what procura credential present takes.
type presentFlags struct {
	key, format, challenge, nonce, domain, at, out string
	credentials, frameworks, disclose, stamps      []string
}

func credentialPresent() *cobra.Command {
	f := &presentFlags{}
	c := &cobra.Command{
		Use:   "present --key FILE --credential FILE … --challenge FILE",
		Short: "Sign a presentation for a challenge",
		Long: `Signs a presentation of one or several credentials as the key's DID, over the nonce
and for the domain of one challenge. It answers that challenge and no other. An
SD-JWT VC is presented by itself; --disclose says what of it is shown.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return f.run(cmd) },
	}
	c.Flags().StringVar(&f.key, "key", "", "the holder's private key")
	c.Flags().StringArrayVar(&f.credentials, "credential", nil, "a signed credential; may be repeated")
	c.Flags().StringVar(&f.challenge, "challenge", "", "the server's answer to POST /v1/challenges, or any JSON with nonce and domain")
	c.Flags().StringVar(&f.nonce, "nonce", "", "instead of --challenge")
	c.Flags().StringVar(&f.domain, "domain", "", "instead of --challenge")
	c.Flags().StringVar(&f.format, "format", vc.FormatVPJWT11, "vp-jwt (VC-JWT 1.1), vp+jwt (VC-JOSE), "+proofFormats()+" or dc+sd-jwt (the only one for an SD-JWT VC, and its default)")
	c.Flags().StringSliceVar(&f.disclose, "disclose", nil, `of an SD-JWT VC: JSON Pointers to what is shown beside that which stands in the clear, as /proxied/birthDate; "" for nothing (default: all)`)
	c.Flags().StringArrayVar(&f.stamps, "timestamp", nil, "RFC 3161 token over a credential or one above it, in DER, for a presentation as a JWT; may be repeated")
	c.Flags().StringVar(&f.at, "at", "", "sign as at this RFC 3339 instant (default: now)")
	c.Flags().StringArrayVar(&f.frameworks, "framework", nil, "framework document, for the contexts of ld credentials (default: those that ship)")
	c.Flags().StringVarP(&f.out, "output", "o", "", "file to write (default: standard output)")
	require(c, "key", "credential")
	return c
}

func (f *presentFlags) run(cmd *cobra.Command) error {
	expect, err := f.expect()
	if err != nil {
		return err
	}
	now, err := instant(f.at)
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
	if err := f.selective(cmd, credentials); err != nil {
		return err
	}
	contexts, err := loadContexts(f.frameworks)
	if err != nil {
		return err
	}
	signer := &proof.Signer{Key: key, Contexts: contexts.context, At: now}
	if signer.TimeStamps, err = f.tokens(); err != nil {
		return err
	}
	signed, err := signer.Presentation(cmd.Context(), credentials, f.format, expect)
	if err != nil {
		return contexts.hinted(err)
	}
	return emit(cmd, f.out, signed)
}

// tokens reads the time-stamps, which a JWT alone has a place for.
func (f *presentFlags) tokens() (all [][]byte, err error) {
	if len(f.stamps) > 0 && f.format != vc.FormatVPJWT11 && f.format != vc.FormatVPJOSE {
		return nil, errors.New("--timestamp is for presentations as JWTs")
	}
	for _, path := range f.stamps {
		token, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		all = append(all, token)
	}
	return all, nil
}

// selective leaves of SD-JWT VCs what is to be disclosed, and gives them their
// format.
func (f *presentFlags) selective(cmd *cobra.Command, credentials []any) error {
	chosen, found := cmd.Flags().Changed("disclose"), false
	for i, c := range credentials {
		text, _ := c.(string)
		if verifier.Compact(text).MediaType != verifier.MediaSDJWT {
			continue
		}
		found = true
		if !chosen {
			continue
		}
		shown, err := disclosed(text, f.disclose)
		if err != nil {
			return err
		}
		credentials[i] = shown
	}
	if found && !cmd.Flags().Changed("format") {
		f.format = vc.FormatSDJWT
	}
	if chosen && !found {
		return errors.New("--disclose is for SD-JWT VCs: the credential is none")
	}
	return nil
}

// disclosed leaves what stands at one of the pointers, and what that lies in.
func disclosed(text string, pointers []string) (string, error) {
	met := map[string]bool{}
	shown, err := proof.Disclose(text, func(path []string) bool {
		own := pointerTo(path)
		keep := false
		for _, p := range pointers {
			if p == own || strings.HasPrefix(p, own+"/") || strings.HasPrefix(own, p+"/") {
				keep, met[p] = true, true
			}
		}
		return keep
	})
	for _, p := range pointers {
		if err == nil && !met[p] {
			err = fmt.Errorf("--disclose %s: the credential has nothing there that can be disclosed", p)
		}
	}
	return shown, err
}

// pointerTo writes a path as a JSON Pointer (RFC 6901).
func pointerTo(path []string) string {
	var out strings.Builder
	for _, name := range path {
		out.WriteString("/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(name))
	}
	return out.String()
}

func (f *presentFlags) expect() (proof.Expect, error) {
	e := proof.Expect{Nonce: f.nonce, Domain: f.domain}
	if f.challenge != "" {
		c, err := readChallenge(f.challenge)
		if err != nil {
			return e, err
		}
		if c.Nonce == "" || c.Domain == "" {
			return e, fmt.Errorf("%s has no nonce and domain", f.challenge)
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
		if s.MediaType != verifier.MediaLD {
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
