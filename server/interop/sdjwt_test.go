package interop_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/procura-dev/procura/trustframeworks/compile"
	"github.com/procura-dev/procura/verifier/proof"
	"github.com/procura-dev/procura/verifier/vc"
)

// sdClaims is a family credential as the claims of an SD-JWT VC.
func (s *service) sdClaims(t *testing.T, issuer, holder *proof.Key) map[string]any {
	t.Helper()
	doc := s.family(t, "", 1, issuer, holder)
	subject := doc["credentialSubject"].(map[string]any)
	now := time.Now().Unix()
	return map[string]any{
		"iss": issuer.DID(), "iat": now, "exp": now + 3600,
		"vct":               compile.TypeIRI(s.camp.Document, &s.camp.Document.Variants[0]),
		"trustFrameworkURI": doc["trustFrameworkURI"], "auditURI": doc["auditURI"], "appealURI": doc["appealURI"],
		"holder": subject["holder"], "proxied": subject["proxied"],
	}
}

// What @sd-jwt/sd-jwt-vc issues and presents, the running server permits, with
// each algorithm and hash; and denies what is not so.
func TestServerPermitsOthersSDJWT(t *testing.T) {
	t.Parallel()
	s := newService(t)
	hashes := map[string]string{proof.Ed25519: "sha-256", proof.P256: "sha-384", proof.P384: "sha-512"}
	type party struct{ issuer, holder, thief *proof.Key }
	parties := map[string]party{}
	var issuers []*proof.Key
	for curve := range hashes {
		parties[curve] = party{key(t, curve), key(t, curve), key(t, curve)}
		issuers = append(issuers, parties[curve].issuer)
	}
	s.issues(t, issuers...)
	cases := map[string]struct {
		change func(party, map[string]any)
		code   string // empty: permitted
	}{
		"as it is": {func(party, map[string]any) {}, ""},
		"decoys":   {func(_ party, r map[string]any) { r["disclosable"].(map[string]any)["_sd_decoy"] = 3 }, ""},
		"a key alone": {func(_ party, r map[string]any) {
			r["disclosed"] = map[string]any{"proxied": map[string]any{"id": true}}
		}, ""},
		"permissions withheld": {func(_ party, r map[string]any) {
			r["disclosable"] = map[string]any{"proxied": map[string]any{"_sd": []string{"permissions"}}}
			r["disclosed"] = map[string]any{}
		}, "disclosure.missing"},
		"a stolen credential": {func(p party, r map[string]any) {
			claims := maps.Clone(r["claims"].(map[string]any))
			r["claims"], r["holder"] = claims, jwk(t, p.thief) // cnf names the thief, holder.id its owner
		}, "holder.unbound"},
		"issuer's key swapped": {func(p party, r map[string]any) { r["issuer"] = swapped(t, p.thief, p.issuer) }, "proof.invalid"},
		"another nonce":        {func(_ party, r map[string]any) { _, r["nonce"] = s.asked(t) }, "nonce.mismatch"},
		"another domain":       {func(_ party, r map[string]any) { r["domain"] = "bank.example" }, "domain.mismatch"},
	}
	for curve, hash := range hashes {
		for name, c := range cases {
			t.Run(curve+" "+name, func(t *testing.T) {
				t.Parallel()
				p := parties[curve]
				at, nonce := s.asked(t)
				r := map[string]any{
					"claims": s.sdClaims(t, p.issuer, p.holder), "hash": hash, "nonce": nonce, "domain": domain,
					"issuer": jwk(t, p.issuer), "holder": jwk(t, p.holder),
					"disclosable": map[string]any{"holder": map[string]any{"_sd": []string{"id"}}, "proxied": map[string]any{"_sd": []string{"id"}}},
					"disclosed":   map[string]any{"holder": map[string]any{"id": true}, "proxied": map[string]any{"id": true}},
				}
				c.change(p, r)
				m := new(made)
				run(t, "sdjwt.js", r, m)
				status, a := s.post(t, at, "application/dc+sd-jwt", m.body(t))
				want := "permit"
				if c.code != "" {
					want = "deny"
				}
				if status != http.StatusOK || a["decision"] != want || c.code != "" && !slices.Contains(codes(a), c.code) {
					t.Errorf("%d %v, want %s %s", status, a, want, c.code)
				}
			})
		}
	}
}

// In one call, as a string as JWTs are: with any byte changed it is denied.
func TestServerEvaluatesOthersSDJWT(t *testing.T) {
	t.Parallel()
	s := newService(t)
	issuer, holder := key(t, proof.P256), key(t, proof.Ed25519)
	s.issues(t, issuer)
	m, nonce := new(made), strings.Repeat("n", 22)
	run(t, "sdjwt.js", map[string]any{
		"claims": s.sdClaims(t, issuer, holder), "hash": "sha-256", "nonce": nonce, "domain": domain,
		"issuer": jwk(t, issuer), "holder": jwk(t, holder), "disclosable": map[string]any{}, "disclosed": map[string]any{},
	}, m)
	flip(t, s, nonce, false, m.body(t))
}

// What we issue and present, @sd-jwt/sd-jwt-vc verifies, and reads as we do.
func TestOthersVerifyOurSDJWT(t *testing.T) {
	t.Parallel()
	f := camp(t)
	for _, curve := range []string{proof.Ed25519, proof.P256, proof.P384} {
		t.Run(curve, func(t *testing.T) {
			t.Parallel()
			issuer := &proof.Signer{Key: key(t, curve), At: time.Now()}
			holder := &proof.Signer{Key: key(t, curve), At: time.Now()}
			issued, err := issuer.Credential(t.Context(), credential(t, f, 2, false, issuer.Key.DID(), holder.Key.DID()), vc.FormatSDJWT)
			if err != nil {
				t.Fatal(err)
			}
			shown, err := proof.Disclose(issued.(string), func(path []string) bool { return path[len(path)-1] != "photo" })
			if err != nil {
				t.Fatal(err)
			}
			p, err := holder.Presentation(t.Context(), []any{shown}, vc.FormatSDJWT, proof.Expect{Nonce: nonce, Domain: domain})
			if err != nil {
				t.Fatal(err)
			}
			ours, err := vc.ParseSDJWT(p.(string))
			if err != nil {
				t.Fatal(err)
			}
			for given, want := range map[string]bool{nonce: true, nonce[1:]: false} {
				var got struct {
					Verified bool
					Claims   map[string]any
					Error    string
				}
				run(t, "sdjwt.js", map[string]any{"presentation": p, "nonce": given, "issuer": jwk(t, issuer.Key)}, &got)
				if got.Verified != want {
					t.Fatalf("nonce %s: %+v, want %v", given, got, want)
				}
				if want && !same(t, got.Claims, ours.Claims) {
					t.Errorf("they read %v, we %v", got.Claims, ours.Claims)
				}
			}
		})
	}
}

func same(t *testing.T, a, b map[string]any) bool {
	t.Helper()
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && string(x) == string(y)
}
