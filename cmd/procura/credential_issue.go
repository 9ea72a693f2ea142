package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/procura-dev/procura/verifier"
	"github.com/procura-dev/procura/verifier/proof"
	"github.com/procura-dev/procura/verifier/vc"
)

// issueFlags are what procura credential issue takes.
type issueFlags struct {
	key, as, format, holder, at, out string
	frameworks, parents              []string
	life                             time.Duration
}

func credentialIssue() *cobra.Command {
	f := &issueFlags{}
	c := &cobra.Command{
		Use:   "issue UNSIGNED.json --key FILE",
		Short: "Sign a credential",
		Long: `Signs a credential as the key's DID. Start from an example that procura framework
compile wrote: --holder and --valid-for put in whose it is and how long it holds,
and the data model follows the format. --parent embeds the credential by which the
key's owner may issue this one (Aries RFC 0104).`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(cmd, args[0]) },
	}
	c.Flags().StringVar(&f.key, "key", "", "the issuer's private key")
	c.Flags().StringVar(&f.as, "as", "", "sign as this verification method, which the document of its DID gives to the key: did:web:school.example#1 (default: the key's did:key)")
	c.Flags().StringVar(&f.format, "format", vc.FormatVCJWT11, "vc-jwt (VC-JWT 1.1), vc+jwt (VC-JOSE), "+proofFormats()+" or dc+sd-jwt (SD-JWT VC)")
	c.Flags().StringVar(&f.holder, "holder", "", "set credentialSubject.holder.id to this DID")
	c.Flags().DurationVar(&f.life, "valid-for", 0, "set the dates: from now, for so long (72h)")
	c.Flags().StringVar(&f.at, "at", "", "sign as at this RFC 3339 instant (default: now)")
	c.Flags().StringArrayVar(&f.parents, "parent", nil, "file of a credential of the issuer's own that lets it issue this one; several: all of them together")
	c.Flags().StringArrayVar(&f.frameworks, "framework", nil, "framework document, for the contexts of an ld credential (default: those that ship)")
	c.Flags().StringVarP(&f.out, "output", "o", "", "file to write (default: standard output)")
	require(c, "key")
	return c
}

// proofFormats are the formats whose proof lies inside, for a flag's help.
func proofFormats() string {
	return "ld (eddsa-rdfc-2022, ecdsa-rdfc-2019), jcs (eddsa-jcs-2022, ecdsa-jcs-2019), " + strings.Join(proof.OlderTypes(), ", ")
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
	now, err := instant(f.at)
	if err != nil {
		return err
	}
	key, err := f.signingKey()
	if err != nil {
		return err
	}
	doc["issuer"] = key.DID()
	if err := hold(doc, f.holder); err != nil {
		return err
	}
	fit(doc, f.format)
	date(doc, f.life, now)
	if err := hang(doc, f.parents); err != nil {
		return err
	}
	contexts, err := loadContexts(f.frameworks)
	if err != nil {
		return err
	}
	signer := &proof.Signer{Key: key, Contexts: contexts.context, At: now}
	signed, err := signer.Credential(cmd.Context(), doc, f.format)
	if err != nil {
		return contexts.hinted(err)
	}
	if err := readable(signed, contexts); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if until, over := expired(doc, time.Now()); over {
		fmt.Fprintf(cmd.ErrOrStderr(), "warning: the credential expired at %s; --valid-for sets the dates anew\n", until)
	}
	return emit(cmd, f.out, signed)
}

// readable refuses what was signed over statements and no verifier could read back.
func readable(signed any, contexts *published) error {
	doc, ok := signed.(map[string]any)
	if !ok || vc.ParseCredential(doc).Format != vc.FormatLD {
		return nil
	}
	v := &proof.Verifier{Contexts: contexts.context}
	if r := v.Readable(doc); r != nil {
		return contexts.hinted(fmt.Errorf("what is signed so cannot be read back: %w", r))
	}
	return nil
}

// signingKey reads --key, to sign as --as where that is given.
func (f *issueFlags) signingKey() (*proof.Key, error) {
	key, err := readKey(f.key)
	if err != nil || f.as == "" {
		return key, err
	}
	if id, fragment, _ := strings.Cut(f.as, "#"); !verifier.IsDID(id) || fragment == "" {
		return nil, fmt.Errorf("--as: %q is no DID with a fragment, as did:web:school.example#1", f.as)
	}
	return key.As(f.as), nil
}

// expired tells whether a credential's time is over, and since when.
func expired(doc map[string]any, now time.Time) (string, bool) {
	for _, member := range []string{"expirationDate", "validUntil"} {
		text, _ := doc[member].(string)
		if until, err := time.Parse(time.RFC3339, text); err == nil && !now.Before(until) {
			return text, true
		}
	}
	return "", false
}

// hold puts the holder into a credential; where none is given it stays.
func hold(doc map[string]any, holder string) error {
	if holder == "" {
		return nil
	}
	if !verifier.IsDID(holder) {
		return fmt.Errorf("--holder: %q is no DID, as credentialSubject.holder.id must be: did:key:z6Mk…", holder)
	}
	subject, _ := doc["credentialSubject"].(map[string]any)
	h, ok := subject["holder"].(map[string]any)
	if !ok {
		return errors.New("--holder: the credential has no credentialSubject.holder whose id it could be")
	}
	h["id"] = holder
	return nil
}

// fit brings an example, which is of the data model 1.1 and has the bare
// type, to what a format wants.
func fit(doc map[string]any, format string) {
	switch {
	case format == vc.FormatVCJOSE:
		if list, ok := doc["@context"].([]any); ok && len(list) > 0 && list[0] == vc.ContextV1 {
			doc["@context"] = append([]any{vc.ContextV2}, list[1:]...)
			rename(doc, "issuanceDate", "validFrom")
			rename(doc, "expirationDate", "validUntil")
		}
	case proof.CoversStatements(format):
		uri, _ := doc["trustFrameworkURI"].(string)
		list, _ := doc["type"].([]any)
		for i, t := range list {
			if bare, ok := t.(string); ok && strings.HasPrefix(bare, "Proxy.") {
				list[i] = absolute(uri, bare)
			}
		}
	}
}

// hang embeds the credentials above one as its provenance.
func hang(doc map[string]any, paths []string) error {
	parents, err := readCredentials(paths)
	if err != nil || len(parents) == 0 {
		return err
	}
	for i, p := range parents {
		if text, ok := p.(string); ok && strings.Contains(text, "~") {
			return fmt.Errorf("--parent %s: an SD-JWT VC stands above no other", paths[i])
		}
	}
	doc["provenanceProofs"] = []any{[]any{[]any{"authorization"}, map[string]any{
		"type": []any{"VerifiablePresentation"}, "verifiableCredential": parents,
	}}}
	return nil
}

func rename(doc map[string]any, from, to string) {
	if v, ok := doc[from]; ok {
		delete(doc, from)
		doc[to] = v
	}
}

// absolute is a proxy type as an RDF proof covers it: an IRI below the
// framework's.
func absolute(uri, bare string) string {
	parts := strings.Split(bare, "/")
	for i := range parts {
		parts[i] = url.PathEscape(parts[i])
	}
	return uri + "#" + strings.Join(parts, "/")
}

// date sets from when and until when a credential is valid; 0: as it stands.
func date(doc map[string]any, life time.Duration, now time.Time) {
	if life == 0 {
		return
	}
	from, until := "issuanceDate", "expirationDate"
	if list, ok := doc["@context"].([]any); ok && len(list) > 0 && list[0] == vc.ContextV2 {
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
