package client_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/procura-dev/procura/verifier/did"
	"github.com/procura-dev/procura/verifier/proof"
	"github.com/procura-dev/procura/verifier/vc"
	"github.com/procura-dev/procura/wallet/client"
	"github.com/procura-dev/procura/wallet/issuance"
	"github.com/procura-dev/procura/wallet/query"
)

func signer(t *testing.T, kind string) *proof.Signer {
	t.Helper()
	key, err := proof.GenerateKey(kind)
	if err != nil {
		t.Fatal(err)
	}
	return &proof.Signer{Key: key, At: time.Now().Truncate(time.Second)}
}

func plain() map[string]any {
	return map[string]any{
		"@context": []any{vc.ContextV2}, "type": []any{"VerifiableCredential"}, "name": "Alumni",
		"credentialSubject": map[string]any{"id": "did:example:ann"},
	}
}

func ask(t *testing.T, w *query.Wallet, q map[string]any) *query.Answer {
	t.Helper()
	r, err := query.ReadRequest(map[string]any{"query": q})
	if err != nil {
		t.Fatal(err)
	}
	all, err := w.Answer(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	return &all[0]
}

var over = proof.Expect{Nonce: "nonce", Domain: "verifier.example"}

// What is issued here is found, presented and verified.
func TestIssueQueryPresentVerify(t *testing.T) {
	t.Parallel()
	issuer, holder := signer(t, proof.Ed25519), signer(t, proof.P256)
	for _, format := range []string{vc.FormatVCJOSE, vc.FormatLD, vc.FormatJCS} {
		signed, err := client.Issue(t.Context(), issuer, &issuance.Request{Credential: plain(), Format: format})
		if err != nil {
			t.Fatal(err)
		}
		got, err := client.Verify(t.Context(), signed, nil, nil)
		if err != nil || got.Issuer != issuer.Key.DID() {
			t.Errorf("%s: issued by %q, %v", format, got.Issuer, err)
		}
		c, err := query.Read("c", signed)
		if err != nil {
			t.Fatal(err)
		}
		a := ask(t, &query.Wallet{Credentials: []*query.Credential{c}}, map[string]any{
			"type": "QueryByExample", "credentialQuery": map[string]any{"example": map[string]any{"name": "Alumni"}}})
		shown, err := client.Present(t.Context(), holder, a, over)
		if err != nil || len(shown) != 1 {
			t.Fatalf("%s: %d, %v", format, len(shown), err)
		}
		p, err := vc.PresentationOf(shown[0])
		if err != nil {
			t.Fatal(err)
		}
		v := &proof.Verifier{DIDs: &did.Resolver{}}
		if by, err := v.Presentation(t.Context(), p, over); err != nil || by.Holder != holder.Key.DID() {
			t.Errorf("%s: presented by %q, %v", format, by.Holder, err)
		}
		if _, err := v.General(t.Context(), p.Credentials[0], proof.Terms{}); err != nil {
			t.Errorf("%s: what is presented: %v", format, err)
		}
	}
	strange := plain()
	strange["nickname"] = "no context has this"
	if _, err := client.Issue(t.Context(), issuer, &issuance.Request{Credential: strange, Format: vc.FormatLD}); err == nil {
		t.Error("a credential was issued that nobody could verify")
	}
}

func TestVerifyRefuses(t *testing.T) {
	t.Parallel()
	signed, err := client.Issue(t.Context(), signer(t, proof.Ed25519), &issuance.Request{Credential: plain(), Format: vc.FormatJCS})
	if err != nil {
		t.Fatal(err)
	}
	changed := signed.(map[string]any)
	changed["name"] = "Doctor"
	for name, raw := range map[string]any{"changed": changed, "unsigned": plain(), "nothing": nil, "garbage": "a.b.c"} {
		if got, err := client.Verify(t.Context(), raw, nil, nil); err == nil {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestAuthenticate(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		key   string
		query map[string]any
		want  string // empty: it cannot be answered
	}{
		"anything":             {proof.Ed25519, map[string]any{}, "eddsa-jcs-2022"},
		"with a key of P-256":  {proof.P256, map[string]any{}, "ecdsa-jcs-2019"},
		"in a suite":           {proof.Ed25519, suites("ecdsa-rdfc-2019", "eddsa-rdfc-2022"), "eddsa-rdfc-2022"},
		"in a suite of others": {proof.Ed25519, suites("ecdsa-rdfc-2019"), ""},
		"in an older type":     {proof.Ed25519, suites("Ed25519Signature2020"), "Ed25519Signature2020"},
		"by a method":          {proof.Ed25519, map[string]any{"acceptedMethods": []any{map[string]any{"method": "key"}}}, "eddsa-jcs-2022"},
		"by another method":    {proof.Ed25519, map[string]any{"acceptedMethods": []any{map[string]any{"method": "web"}}}, ""},
	} {
		as := signer(t, test.key)
		test.query["type"] = "DIDAuthentication"
		shown, err := client.Present(t.Context(), as, ask(t, &query.Wallet{}, test.query), over)
		if test.want == "" {
			if !errors.Is(err, client.ErrUnanswered) {
				t.Errorf("%s: %v, %v", name, shown, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		made := shown[0].(map[string]any)["proof"].(map[string]any)
		if made["cryptosuite"] != test.want && made["type"] != test.want {
			t.Errorf("%s: %v", name, made)
		}
		p, err := vc.PresentationOf(shown[0])
		if err != nil {
			t.Fatal(err)
		}
		if by, err := (&proof.Verifier{DIDs: &did.Resolver{}}).Presentation(t.Context(), p, over); err != nil || by.Holder != as.Key.DID() {
			t.Errorf("%s: %+v, %v", name, by, err)
		}
	}
}

func suites(names ...string) map[string]any {
	var all []any
	for _, n := range names {
		all = append(all, map[string]any{"cryptosuite": n})
	}
	return map[string]any{"acceptedCryptosuites": all}
}

func TestPresentRefuses(t *testing.T) {
	t.Parallel()
	as := signer(t, proof.Ed25519)
	missing := ask(t, &query.Wallet{}, map[string]any{"type": "QueryByExample", "credentialQuery": map[string]any{"example": map[string]any{"type": "Passport"}}})
	if shown, err := client.Present(t.Context(), as, missing, over); !errors.Is(err, client.ErrUnanswered) {
		t.Errorf("what is not there: %v, %v", shown, err)
	}
	for _, e := range []proof.Expect{{Nonce: "n"}, {Domain: "d"}, {}} {
		if shown, err := client.Present(t.Context(), as, ask(t, &query.Wallet{}, map[string]any{"type": "DIDAuth"}), e); err == nil {
			t.Errorf("over %+v: %v", e, shown)
		}
	}
}

// A credential that is asked for without a proof of its holder is not signed again.
func TestPresentUnbound(t *testing.T) {
	t.Parallel()
	signed, err := client.Issue(t.Context(), signer(t, proof.Ed25519), &issuance.Request{Credential: plain(), Format: vc.FormatJCS})
	if err != nil {
		t.Fatal(err)
	}
	c, err := query.Read("c", signed)
	if err != nil {
		t.Fatal(err)
	}
	a := ask(t, &query.Wallet{Credentials: []*query.Credential{c}}, map[string]any{"type": "DCQL", "credentialQuery": map[string]any{
		"credentials": []any{map[string]any{"id": "a", "format": "ldp_vc", "meta": map[string]any{}, "require_cryptographic_holder_binding": false}}}})
	shown, err := client.Present(t.Context(), signer(t, proof.Ed25519), a, over)
	if err != nil || len(shown) != 1 || !slices.Contains(shown[0].(map[string]any)["type"].([]any), any("VerifiableCredential")) {
		t.Errorf("%v, %v", shown, err)
	}
}
