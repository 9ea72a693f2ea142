package issuance_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/procura-dev/procura/verifier/did"
	"github.com/procura-dev/procura/verifier/proof"
	"github.com/procura-dev/procura/verifier/vc"
	"github.com/procura-dev/procura/wallet/issuance"
)

// onlyBy lets one issuer's lists count.
func onlyBy(issuer string) func(context.Context, string) (bool, error) {
	return func(_ context.Context, by string) (bool, error) { return by == issuer, nil }
}

func parsed(t testing.TB, text string) any {
	t.Helper()
	tree, err := vc.ParseJSON([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

// A presentation that is signed here our own verifier takes.
func TestProve(t *testing.T) {
	t.Parallel()
	for format, media := range map[string]string{
		vc.FormatVPJWT11: "application/vp+jwt", vc.FormatVPJOSE: "application/vp+jwt", vc.FormatLD: "application/vp", vc.FormatJCS: "application/vp",
	} {
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, proof.Ed25519, issuance.Settings{Formats: []string{vc.FormatLD}})
			r, err := issuance.ReadProving(parsed(t, `{"presentation": {"@context": ["`+vc.ContextV2+`"], "type": ["VerifiablePresentation"], "holder": "`+d.profile.DID+`"},
				"options": {"challenge": "c", "domain": "d.example", "format": "`+format+`"}}`))
			if err != nil {
				t.Fatal(err)
			}
			signed, err := d.Prove(t.Context(), d.profile, d.keys, r)
			if err != nil {
				t.Fatal(err)
			}
			var raw []byte
			if text, ok := signed.(string); ok {
				raw = []byte(text)
			} else if raw, err = json.Marshal(signed); err != nil {
				t.Fatal(err)
			}
			p, err := vc.ParsePresentation(raw, media)
			if err != nil {
				t.Fatal(err)
			}
			v := &proof.Verifier{DIDs: &did.Resolver{}, Now: now}
			if got, err := v.Presentation(t.Context(), p, proof.Expect{Nonce: "c", Domain: "d.example"}); err != nil || got.Holder != d.profile.DID {
				t.Errorf("presented by %q, %v", got.Holder, err)
			}
			if _, err := v.Presentation(t.Context(), p, proof.Expect{Nonce: "other", Domain: "d.example"}); err == nil {
				t.Error("it is good for another challenge")
			}
		})
	}
}

func TestProvingRefused(t *testing.T) {
	t.Parallel()
	const good = `{"presentation": {"@context": ["` + vc.ContextV2 + `"], "type": ["VerifiablePresentation"]}, "options": {"challenge": "c", "domain": "d"}}`
	if _, err := issuance.ReadProving(parsed(t, good)); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string][2]string{
		"a context":        {`"@context": ["` + vc.ContextV2 + `"]`, `"@context": ["` + vc.ContextV2 + `", "https://x.example/"]`},
		"another context":  {vc.ContextV2, "https://x.example/"},
		"another type":     {"VerifiablePresentation", "VerifiableCredential"},
		"a member":         {`"type"`, `"x": 1, "type"`},
		"a member beside":  {`"options"`, `"x": 1, "options"`},
		"no challenge":     {`"challenge": "c", `, ``},
		"no domain":        {`, "domain": "d"`, ``},
		"another purpose":  {`"domain"`, `"proofPurpose": "assertionMethod", "domain"`},
		"an option":        {`"domain"`, `"x": 1, "domain"`},
		"another format":   {`"domain"`, `"format": "vc+jwt", "domain"`},
		"a holder":         {`"type"`, `"holder": 1, "type"`},
		"no presentation":  {`"presentation"`, `"presentations"`},
		"many credentials": {`"type"`, `"verifiableCredential": [` + strings.Repeat(`"x",`, 64) + `"x"], "type"`},
	} {
		text := strings.Replace(good, change[0], change[1], 1)
		if text == good {
			t.Fatalf("%s changes nothing", name)
		}
		if _, err := issuance.ReadProving(parsed(t, text)); !isRefusal(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
	d := newDesk(t, proof.Ed25519, issuance.Settings{Formats: []string{vc.FormatLD}})
	for name, r := range map[string]*issuance.Proving{
		"another holder": {Holder: "did:example:other", Over: proof.Expect{Nonce: "c", Domain: "d"}},
		"garbage":        {Credentials: []any{1.0}, Over: proof.Expect{Nonce: "c", Domain: "d"}},
	} {
		if _, err := d.Prove(t.Context(), d.profile, d.keys, r); !isRefusal(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Of an SD-JWT VC what pointers name is shown, and no more.
func TestDerive(t *testing.T) {
	t.Parallel()
	d := newDesk(t, proof.P256, issuance.Settings{Formats: []string{vc.FormatSDJWT}})
	signed, err := d.issue(t, proxy(), nil)
	if err != nil {
		t.Fatal(err)
	}
	ask := func(pointers string) (string, error) {
		r, err := issuance.ReadDerivation(parsed(t, `{"verifiableCredential": "`+signed.(string)+`", "options": {"selectivePointers": `+pointers+`}}`))
		if err != nil {
			return "", err
		}
		return r.Derive()
	}
	for pointers, want := range map[string]int{`[]`: 0, `["/proxied/name"]`: 1, `["/holder", "/proxied/name"]`: 2} {
		shown, err := ask(pointers)
		if err != nil {
			t.Fatal(err)
		}
		s, err := vc.ParseSDJWT(shown)
		if err != nil {
			t.Fatal(err)
		}
		if got := len(s.Disclosures); got != want {
			t.Errorf("%s shows %d, want %d", pointers, got, want)
		}
	}
	for _, pointers := range []string{`["/vct"]`, `["/nothing"]`, `["x"]`, `[1]`, `"x"`} {
		if _, err := ask(pointers); !isRefusal(err) {
			t.Errorf("%s: %v", pointers, err)
		}
	}
	for _, text := range []string{`{}`, `{"verifiableCredential": "x"}`, `{"verifiableCredential": "~"}`, `{"verifiableCredential": {}}`, `{"verifiableCredential": "a~", "x": 1}`} {
		r, err := issuance.ReadDerivation(parsed(t, text))
		if err == nil {
			_, err = r.Derive()
		}
		if !isRefusal(err) {
			t.Errorf("%s: %v", text, err)
		}
	}
}
