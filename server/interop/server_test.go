package interop_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/procura-dev/procura/server"
	"github.com/procura-dev/procura/server/store/seal"
	"github.com/procura-dev/procura/server/store/sqlite"
	"github.com/procura-dev/procura/trustframeworks/compile"
	"github.com/procura-dev/procura/trustframeworks/library"
	"github.com/procura-dev/procura/verifier"
	"github.com/procura-dev/procura/verifier/did"
	"github.com/procura-dev/procura/verifier/proof"
)

// A service is a running server, with the camp's framework as it gives it out,
// and a client that asks it.
type service struct {
	url   string
	token server.Token
	camp  *compile.Framework
	store *sqlite.Store
}

func newService(t *testing.T, change ...func(*server.Config)) *service {
	t.Helper()
	key := seal.NewKey([32]byte{2})
	s, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "procura.db"), key)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	v := verifier.New(verifier.Config{Store: s, DIDs: &did.Resolver{}, Key: key.Derive("verifier")})
	catalogue := &server.Catalogue{Store: s, Verifier: v}
	for _, source := range library.All() {
		draft := server.Draft{Tenant: server.DefaultTenant, Owner: server.BuiltIn, Public: true, Source: source.Raw}
		if _, err := catalogue.Publish(t.Context(), draft); err != nil {
			t.Fatal(err)
		}
	}
	sets := &server.PolicySets{Store: s, Signing: &server.Signing{Store: s}}
	if err := sets.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	cfg := server.Config{Verifier: v, Clients: s, Registries: s, Catalogue: catalogue, Sweeper: s, PolicySets: sets, Entities: s, Reports: s, Signing: &server.Signing{Store: s}}
	for _, f := range change {
		f(&cfg)
	}
	web := httptest.NewServer(server.New(cfg))
	t.Cleanup(web.Close)
	client, token := server.NewClient(server.DefaultTenant, "clinic", server.RoleVerifier, []string{domain}, time.Now())
	if err := s.AddClient(t.Context(), client); err != nil {
		t.Fatal(err)
	}
	return &service{url: web.URL, token: token, camp: camp(t), store: s}
}

// issues lets these issue under the camp's framework.
func (s *service) issues(t *testing.T, issuers ...*proof.Key) {
	t.Helper()
	var dids []string
	for _, k := range issuers {
		dids = append(dids, k.DID())
	}
	if err := s.store.PutRegistry(t.Context(), server.DefaultTenant, "camp-issuers", dids); err != nil {
		t.Fatal(err)
	}
}

// post sends a body and returns status, decision and what was said.
func (s *service) post(t *testing.T, path, media string, body []byte) (status int, answer map[string]any) {
	t.Helper()
	q, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+path, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	q.Header.Set("Content-Type", media)
	q.Header.Set("Authorization", "Bearer "+string(s.token))
	r, err := http.DefaultClient.Do(q)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &answer); err != nil {
		t.Fatalf("%d %s", r.StatusCode, raw)
	}
	return r.StatusCode, answer
}

// question asks for what the family credential grants one grandparent.
func question(t *testing.T, f *compile.Framework) map[string]any {
	t.Helper()
	return map[string]any{
		"permissions": []string{"school"},
		"proxied":     map[string]any{"id": laila},
		"framework":   map[string]any{"name": f.Document.Name},
	}
}

const laila = "did:example:laila"

// family is a credential that makes holder a grandparent of Laila.
func (s *service) family(t *testing.T, form string, model int, issuer, holder *proof.Key) map[string]any {
	t.Helper()
	doc := credential(t, s.camp, model, overStatements(form), issuer.DID(), holder.DID())
	uri := s.camp.Document.URI
	subject := doc["credentialSubject"].(map[string]any)
	for name, v := range map[string]any{
		"role": "grandparent", "rationaleURI": uri + "/rationales/kinship", "constraints": map[string]any{},
	} {
		subject["holder"].(map[string]any)[name] = v
	}
	proxied := subject["proxied"].(map[string]any)
	proxied["id"] = laila
	proxied["permissions"] = []any{
		map[string]any{"grant": []any{"school"}, "when": map[string]any{"roles": "grandparent"}},
		map[string]any{"grant": "light-travel", "when": map[string]any{"roles": "grandparent", "n": 2}},
	}
	return doc
}

// asked opens a challenge: where to present, and the nonce.
func (s *service) asked(t *testing.T) (path, nonce string) {
	t.Helper()
	body, err := json.Marshal(question(t, s.camp))
	if err != nil {
		t.Fatal(err)
	}
	status, a := s.post(t, "/v1/challenges", "application/json", body)
	if status != http.StatusCreated {
		t.Fatalf("opening a challenge: %d %v", status, a)
	}
	return fmt.Sprintf("/v1/challenges/%s/presentations", a["id"]), a["nonce"].(string)
}

// codes are those of an answer's reasons.
func codes(answer map[string]any) (out []string) {
	reasons, _ := answer["reasons"].([]any)
	for _, r := range reasons {
		out = append(out, r.(map[string]any)["code"].(string))
	}
	return out
}

// What other people's programs make, the running server permits; and whoever
// takes another's key is denied, in each form.
func TestServerPermitsOthersPresentations(t *testing.T) {
	t.Parallel()
	s := newService(t)
	var all []*proof.Key
	keys := func(curve string) *proof.Key { k := key(t, curve); all = append(all, k); return k }
	type party struct{ issuer, holder, thief *proof.Key }
	parties := map[string]party{}
	for _, c := range presented {
		parties[c.name] = party{keys(c.curve), key(t, c.curve), key(t, c.curve)}
	}
	s.issues(t, all...)
	for _, c := range presented {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := parties[c.name]
			request := func(path string, change func(map[string]any)) (int, map[string]any) {
				at, nonce := s.asked(t)
				r := map[string]any{
					"form": c.form, "contexts": contexts(t, s.camp), "nonce": nonce, "domain": domain,
					"issuer": jwk(t, p.issuer), "holder": jwk(t, p.holder),
					"credentials": []any{s.family(t, c.form, c.model, p.issuer, p.holder)},
				}
				change(r)
				m := new(made)
				run(t, "present.js", r, m)
				return s.post(t, at, c.media, m.body(t))
			}
			for name, v := range map[string]struct {
				change func(map[string]any)
				want   string
				codes  []string
			}{
				"as it is": {func(map[string]any) {}, "permit", nil},
				"issuer's key swapped": {func(r map[string]any) {
					r["issuer"] = swapped(t, p.thief, p.issuer)
				}, "deny", []string{"proof.invalid"}},
				"holder's key swapped": {func(r map[string]any) {
					r["holder"] = swapped(t, p.thief, p.holder)
				}, "deny", []string{"proof.invalid"}},
				"stolen": {func(r map[string]any) {
					r["holder"] = jwk(t, p.thief)
				}, "deny", []string{"holder.unbound"}},
				"issuer not listed": {func(r map[string]any) {
					r["issuer"] = jwk(t, p.thief)
					r["credentials"] = []any{s.family(t, c.form, c.model, p.thief, p.holder)}
				}, "deny", []string{"issuer.refused"}},
				"another nonce": {func(r map[string]any) {
					_, r["nonce"] = s.asked(t)
				}, "deny", []string{"nonce.mismatch"}},
				"another domain": {func(r map[string]any) {
					r["domain"] = "bank.example"
				}, "deny", []string{"domain.mismatch"}},
			} {
				if !whole(c.form) && name != "as it is" && name != "holder's key swapped" {
					continue
				}
				status, a := request(name, v.change)
				if status != http.StatusOK || a["decision"] != v.want {
					t.Errorf("%s: %d %v, want %s", name, status, a, v.want)
				}
				for _, want := range v.codes {
					if !slices.Contains(codes(a), want) {
						t.Errorf("%s: denied by %v, want %s", name, codes(a), want)
					}
				}
			}
		})
	}
}

// whole reports a form that is put through everything here; package proof does
// so with all of them, and in much less time.
func whole(form string) bool {
	return slices.Contains([]string{"eddsa-rdfc-2022", "vp-jwt", "vp+jwt"}, form)
}

// swapped is the thief's key under the victim's name.
func swapped(t *testing.T, thief, victim *proof.Key) json.RawMessage {
	t.Helper()
	return bytes.Replace(jwk(t, thief), []byte(thief.ID), []byte(victim.ID), 1)
}

// Of a presentation that is permitted every byte matters: with any one changed
// it is denied, or no presentation at all.
func TestServerDeniesEachChangedByte(t *testing.T) {
	t.Parallel()
	s := newService(t)
	issuers := map[string]*proof.Key{proof.Ed25519: key(t, proof.Ed25519), proof.P256: key(t, proof.P256)}
	s.issues(t, issuers[proof.Ed25519], issuers[proof.P256])
	for _, c := range presented {
		issuer, holder := issuers[c.curve], key(t, c.curve)
		if issuer == nil || !whole(c.form) {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			m := new(made)
			nonce := strings.Repeat("n", 20) + c.form + c.curve + fmt.Sprint(c.model)
			run(t, "present.js", map[string]any{
				"form": c.form, "contexts": contexts(t, s.camp), "nonce": nonce, "domain": domain,
				"issuer": jwk(t, issuer), "holder": jwk(t, holder),
				"credentials": []any{s.family(t, c.form, c.model, issuer, holder)},
			}, m)
			flip(t, s, nonce, c.media == "application/vp", m.body(t))
		})
	}
}

// flip evaluates body with each byte changed, then as it is.
func flip(t *testing.T, s *service, nonce string, object bool, body []byte) {
	t.Helper()
	evaluate := func(changed []byte) (int, map[string]any) {
		presentation := changed
		if !object {
			var err error
			if presentation, err = json.Marshal(string(changed)); err != nil {
				t.Fatal(err)
			}
		}
		q, err := json.Marshal(question(t, s.camp))
		if err != nil {
			t.Fatal(err)
		}
		return s.post(t, "/v1/evaluations", "application/json", fmt.Appendf(nil,
			`{"request":%s,"nonce":%q,"domain":%q,"presentations":[%s]}`, q, nonce, domain, presentation))
	}
	step := 1
	if testing.Short() {
		step = 17
	}
	var wg sync.WaitGroup
	positions := make(chan int)
	for range 2 {
		wg.Go(func() {
			for i := range positions {
				changed := slices.Clone(body)
				changed[i] ^= 1
				status, a := evaluate(changed)
				denied := status == http.StatusOK && a["decision"] == "deny" && len(codes(a)) > 0
				if !denied && status != http.StatusBadRequest {
					t.Errorf("byte %d of %d changed: %d %v\n%s", i, len(body), status, a, changed)
				}
			}
		})
	}
	for i := 0; i < len(body); i += step {
		positions <- i
	}
	close(positions)
	wg.Wait()
	if status, a := evaluate(body); a["decision"] != "permit" {
		t.Errorf("unchanged: %d %v", status, a)
	}
}
