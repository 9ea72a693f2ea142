package issuance_test

import (
	"encoding/json"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/procura-dev/procura/server/store/seal"
	"github.com/procura-dev/procura/server/store/sqlite"
	"github.com/procura-dev/procura/verifier/did"
	"github.com/procura-dev/procura/verifier/proof"
	"github.com/procura-dev/procura/verifier/status"
	"github.com/procura-dev/procura/verifier/vc"
	"github.com/procura-dev/procura/wallet/issuance"
	"github.com/procura-dev/procura/wallet/lifecycle"
)

const tenant = "default"

var noon = time.Date(2026, 5, 17, 12, 0, 0, 0, time.UTC)

func now() time.Time { return noon }

// A desk is an issuer over a store of its own.
type desk struct {
	*issuance.Issuer
	store     *sqlite.Store
	publisher *lifecycle.Publisher
	profile   *issuance.Profile
	keys      []issuance.Key
}

// newDesk has a profile with one key.
func newDesk(t testing.TB, curve string, s issuance.Settings, change ...func(*issuance.Profile, *issuance.Key)) *desk {
	t.Helper()
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "procura.db"), seal.NewKey([32]byte{1}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	key, err := proof.GenerateKey(curve)
	if err != nil {
		t.Fatal(err)
	}
	jwk, err := key.JWK()
	if err != nil {
		t.Fatal(err)
	}
	p := &issuance.Profile{Tenant: tenant, Name: "camp", Client: "client", Custody: issuance.Custodial, DID: key.DID(), Settings: s, CreatedAt: noon}
	k := &issuance.Key{Method: key.ID, Secret: jwk, MadeAt: noon}
	for _, f := range change {
		f(p, k)
	}
	if err := store.AddProfile(t.Context(), p, k); err != nil {
		t.Fatal(err)
	}
	places := &lifecycle.Allotter{Ledger: store, Now: now, URL: func(tenant, list string) string { return "https://procura.example/" + tenant + "/" + list }}
	d := &desk{Issuer: &issuance.Issuer{Profiles: store, Places: places, Now: now}, store: store, profile: p, keys: []issuance.Key{*k}}
	d.publisher = &lifecycle.Publisher{Shelf: store, Now: now, Sign: d.SignList}
	return d
}

// both are the statuses that most profiles give.
var both = []string{lifecycle.Revocation, lifecycle.Suspension}

// plain is a credential of a model, about nobody.
func plain(model int) map[string]any {
	contexts := []any{vc.ContextV2}
	if model == 1 {
		contexts = []any{vc.ContextV1}
	}
	return map[string]any{"@context": contexts, "type": []any{"VerifiableCredential"}, "credentialSubject": map[string]any{"id": "did:example:child"}}
}

// proxy is one that can be an SD-JWT VC.
func proxy() map[string]any {
	doc := plain(1)
	doc["type"] = []any{"VerifiableCredential", "Proxy.G/Camp/1.0/Guardian"}
	doc["trustFrameworkURI"] = "https://camp.example/framework"
	doc["credentialSubject"] = map[string]any{
		"holder":  map[string]any{"type": "Adult", "role": "kin", "constraints": map[string]any{}, "rationaleURI": "", "name": "Amina"},
		"proxied": map[string]any{"type": "Child", "id": "did:example:child", "permissions": []any{map[string]any{"grant": []any{"school"}}}, "name": "Mya"},
	}
	return doc
}

// issue asks as JSON would.
func (d *desk) issue(t testing.TB, doc map[string]any, options map[string]any) (any, error) {
	t.Helper()
	body := map[string]any{"credential": doc}
	if options != nil {
		body["options"] = options
	}
	raw, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	tree, err := vc.ParseJSON(raw)
	if err != nil {
		t.Fatal(err)
	}
	r, err := issuance.ReadRequest(tree)
	if err != nil {
		return nil, err
	}
	return d.Issue(t.Context(), d.profile, d.keys, r)
}

// received is what was issued, as it arrives.
func received(t testing.TB, signed any) any {
	t.Helper()
	if _, ok := signed.(string); ok {
		return signed
	}
	raw, err := json.Marshal(signed)
	if err != nil {
		t.Fatal(err)
	}
	tree, err := vc.ParseJSON(raw)
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

// members are what a credential says of its status, once its proof held.
func (d *desk) members(t testing.TB, signed any) map[string]any {
	t.Helper()
	v := &proof.Verifier{DIDs: &did.Resolver{}, Now: now}
	if text, ok := signed.(string); ok && strings.Contains(text, "~") {
		s, err := vc.ParseSDJWT(text)
		if err != nil {
			t.Fatal(err)
		}
		return s.Claims
	}
	issued, err := v.General(t.Context(), vc.ParseCredential(received(t, signed)), proof.Terms{})
	if err != nil {
		t.Fatal(err)
	}
	if issued.Issuer != d.profile.DID {
		t.Fatalf("issued by %s", issued.Issuer)
	}
	return issued.Doc
}

// values are what the published lists say of a credential, by purpose.
func (d *desk) values(t testing.TB, signed any) map[string]int {
	t.Helper()
	doc := d.members(t, signed)
	about := map[string]any{}
	for _, name := range []string{"credentialStatus", "status"} {
		if v, ok := doc[name]; ok {
			about[name] = v
		}
	}
	entries, refusal := status.Entries(about)
	if refusal != nil {
		t.Fatal(refusal)
	}
	out := map[string]int{}
	for _, e := range entries {
		if e.Problem != nil {
			t.Fatal(e.Problem)
		}
		p, err := d.publisher.Get(t.Context(), tenant, e.List[strings.LastIndexByte(e.List, '/')+1:])
		if err != nil {
			t.Fatal(err)
		}
		l, err := status.ParseList(p.Body)
		if err != nil {
			t.Fatal(err)
		}
		r, err := l.Read(t.Context(), e, status.Terms{
			Proofs:     &proof.Verifier{DIDs: &did.Resolver{}, Now: now},
			MayPublish: onlyBy(d.profile.DID),
		})
		if err != nil {
			t.Fatal(err)
		}
		out[e.Purpose] = r.Value
	}
	return out
}

// made is every format with every key that makes it, and the model.
var made = []struct {
	format string
	curves []string
	models []int
}{
	{vc.FormatVCJWT11, proof.KeyTypes, []int{1}},
	{vc.FormatVCJOSE, proof.KeyTypes, []int{2}},
	{vc.FormatSDJWT, proof.KeyTypes, []int{0}},
	{vc.FormatLD, []string{proof.Ed25519, proof.P256, proof.P384}, []int{1, 2}},
	{vc.FormatJCS, []string{proof.Ed25519, proof.P256, proof.P384}, []int{1, 2}},
	{proof.Ed25519Signature2018, []string{proof.Ed25519}, []int{1, 2}},
	{proof.Ed25519Signature2020, []string{proof.Ed25519}, []int{1, 2}},
	{proof.JsonWebSignature2020, proof.KeyTypes, []int{1, 2}},
}

// Whatever is issued our own verifier takes, and reads the status of, which
// changes when it is changed.
func TestEachFormatIsVerified(t *testing.T) {
	t.Parallel()
	for _, m := range made {
		for _, curve := range m.curves {
			for _, model := range m.models {
				t.Run(m.format+" "+curve+" model "+string(rune('0'+model)), func(t *testing.T) {
					t.Parallel()
					d := newDesk(t, curve, issuance.Settings{Formats: []string{m.format}, Status: both})
					doc := proxy()
					if model > 0 {
						doc = plain(model)
					}
					signed, err := d.issue(t, doc, map[string]any{"credentialId": "urn:x:1"})
					if err != nil {
						t.Fatal(err)
					}
					for purpose, value := range d.values(t, signed) {
						if value != 0 {
							t.Errorf("%s is %d at first", purpose, value)
						}
					}
					d.change(t, lifecycle.Revoke, "urn:x:1")
					want := map[string]int{lifecycle.Revocation: 1, lifecycle.Suspension: 0}
					if m.format == vc.FormatSDJWT {
						want = map[string]int{"": 1}
					}
					got := d.values(t, signed)
					if len(got) != len(want) {
						t.Errorf("statuses %v, want %v", got, want)
					}
					for purpose, value := range want {
						if got[purpose] != value {
							t.Errorf("statuses %v once revoked, want %v", got, want)
						}
					}
				})
			}
		}
	}
}

func (d *desk) change(t testing.TB, action, name string) {
	t.Helper()
	found, err := d.store.Find(t.Context(), tenant, []lifecycle.Ref{{Name: name}}, "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.store.Apply(t.Context(), &lifecycle.Change{Tenant: tenant, IDs: []string{found[0].ID}, Action: action, Value: 2, At: noon}); err != nil {
		t.Fatal(err)
	}
}

// A status with messages, in the formats that can say them.
func TestMessages(t *testing.T) {
	t.Parallel()
	settings := issuance.Settings{Formats: []string{vc.FormatVCJOSE, vc.FormatJCS, vc.FormatLD, vc.FormatSDJWT}, Status: []string{lifecycle.Message}, Messages: []string{"a", "b", "c"}}
	d := newDesk(t, proof.Ed25519, settings)
	for _, format := range []string{vc.FormatVCJOSE, vc.FormatJCS, vc.FormatLD} {
		signed, err := d.issue(t, plain(2), map[string]any{"format": format, "credentialId": "urn:x:" + format})
		if err != nil {
			t.Errorf("%s: %v", format, err)
			continue
		}
		d.change(t, lifecycle.Tell, "urn:x:"+format)
		if got := d.values(t, signed)[lifecycle.Message]; got != 2 {
			t.Errorf("%s: value %d, want 2", format, got)
		}
	}
	for format, doc := range map[string]map[string]any{vc.FormatLD: plain(1), vc.FormatSDJWT: proxy()} {
		if _, err := d.issue(t, doc, map[string]any{"format": format}); !isRefusal(err) {
			t.Errorf("%s: error %v, want a refusal", format, err)
		}
	}
}

func isRefusal(err error) bool {
	_, ok := errors.AsType[*vc.Refusal](err)
	return ok
}

// changed is a request whose credential was changed.
func changed(model int, f func(doc map[string]any)) func() (map[string]any, map[string]any) {
	return func() (map[string]any, map[string]any) {
		doc := plain(model)
		f(doc)
		return doc, nil
	}
}

func with(name string, v any) func() (map[string]any, map[string]any) {
	return changed(2, func(doc map[string]any) { doc[name] = v })
}

func option(name string, v any) func() (map[string]any, map[string]any) {
	return func() (map[string]any, map[string]any) { return plain(2), map[string]any{name: v} }
}

// What is not understood is not issued, and leaves nothing.
func TestRefused(t *testing.T) {
	t.Parallel()
	for name, ask := range map[string]func() (map[string]any, map[string]any){
		"no context":                   changed(2, func(d map[string]any) { delete(d, "@context") }),
		"a context that is a string":   with("@context", vc.ContextV2),
		"another context first":        with("@context", []any{"https://x.example/", vc.ContextV2}),
		"a context that is an object":  with("@context", []any{vc.ContextV2, map[string]any{"a": "https://x.example/a"}}),
		"a context that nobody knows":  with("@context", []any{vc.ContextV2, "https://x.example/context"}),
		"no type":                      changed(2, func(d map[string]any) { delete(d, "type") }),
		"another type":                 with("type", []any{"VerifiablePresentation"}),
		"a type that is a number":      with("type", []any{"VerifiableCredential", 1}),
		"a type that nobody defines":   with("type", []any{"VerifiableCredential", "Undefined"}),
		"an id that is no URL":         with("id", "x"),
		"two ids":                      with("id", []any{"urn:x:1", "urn:x:2"}),
		"another issuer":               with("issuer", "did:example:other"),
		"an issuer that is a number":   with("issuer", 1),
		"no subject":                   changed(2, func(d map[string]any) { delete(d, "credentialSubject") }),
		"a subject that says nothing":  with("credentialSubject", map[string]any{}),
		"a subject that is a string":   with("credentialSubject", "did:example:child"),
		"no subjects":                  with("credentialSubject", []any{}),
		"a subject whose id is no URL": with("credentialSubject", map[string]any{"id": "x"}),
		"a proof":                      with("proof", map[string]any{}),
		"a claim":                      with("exp", 1),
		"a claim status":               with("status", map[string]any{}),
		"a beginning that is no date":  with("validFrom", "2026-01-01"),
		"an end before the beginning": changed(2, func(d map[string]any) {
			d["validFrom"], d["validUntil"] = "2030-01-01T00:00:00Z", "2029-01-01T00:00:00Z"
		}),
		"a date of another model":      with("issuanceDate", "2026-01-01T00:00:00Z"),
		"a date of another model, 1.1": changed(1, func(d map[string]any) { d["validUntil"] = "2027-01-01T00:00:00Z" }),
		"a status without a type":      with("credentialStatus", map[string]any{"id": "urn:x:1"}),
		"a schema without an id":       with("credentialSchema", map[string]any{"type": "JsonSchema"}),
		"terms without a type":         with("termsOfUse", map[string]any{"id": "urn:x:1"}),
		"evidence that is a string":    with("evidence", "x"),
		"a resource without a digest":  with("relatedResource", []any{map[string]any{"id": "https://x.example/"}}),
		"a name that is a number":      with("name", 1),
		"an issuer's name is a number": with("issuer", map[string]any{"id": "did:example:x", "name": 1}),
		"a member that nobody defines": with("undefined", "x"),
		"a member below the subject":   with("credentialSubject", map[string]any{"id": "did:example:child", "undefined": "x"}),
		"an option that is not known":  option("x", 1),
		"an id that is a number":       option("credentialId", 1),
		"an id that is empty":          option("credentialId", ""),
		"an id that is too long":       option("credentialId", strings.Repeat("x", 2049)),
		"a format that is not known":   option("format", "x"),
		"a format of others":           option("format", vc.FormatVCJOSE),
		"a suite of others":            option("cryptosuite", "bbs-2023"),
		"a type of proof of others":    option("type", "RsaSignature2018"),
		"two formats": func() (map[string]any, map[string]any) {
			return plain(2), map[string]any{"format": vc.FormatLD, "cryptosuite": "eddsa-jcs-2022"}
		},
		"mandatory pointers":        option("mandatoryPointers", []any{"/issuer"}),
		"a model that does not fit": func() (map[string]any, map[string]any) { return plain(2), map[string]any{"format": vc.FormatVCJWT11} },
		"what SD-JWT VC cannot say": func() (map[string]any, map[string]any) {
			d := proxy()
			d["evidence"] = map[string]any{"type": "X"}
			return d, map[string]any{"format": vc.FormatSDJWT}
		},
		"no proxy credential, SD-JWT":   func() (map[string]any, map[string]any) { return plain(1), map[string]any{"format": vc.FormatSDJWT} },
		"a proof chain below a context": with("credentialSubject", map[string]any{"@context": "https://x.example/", "id": "did:example:child"}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, proof.Ed25519, issuance.Settings{Formats: []string{vc.FormatLD, vc.FormatJCS, vc.FormatVCJWT11, vc.FormatSDJWT}})
			doc, options := ask()
			if options == nil {
				options = map[string]any{}
			}
			if _, taken := options["credentialId"]; !taken {
				doc["id"] = cmpID(doc["id"])
			}
			signed, err := d.issue(t, doc, options)
			if !isRefusal(err) {
				t.Fatalf("issued %v, error %v", signed, err)
			}
			if _, err := d.store.Find(t.Context(), tenant, []lifecycle.Ref{{Name: "urn:x:1"}}, ""); !errors.Is(err, lifecycle.ErrUnknownIssued) {
				t.Errorf("something of it is stored: %v", err)
			}
		})
	}
}

func cmpID(id any) any {
	if id == nil {
		return "urn:x:1"
	}
	return id
}

// A profile whose keys are not at hand has no lists (issuer.kms_attended).
func TestAttended(t *testing.T) {
	t.Parallel()
	d := newDesk(t, proof.Ed25519, issuance.Settings{Formats: []string{vc.FormatLD}, Status: both}, func(p *issuance.Profile, _ *issuance.Key) { p.Custody = issuance.Local })
	if _, err := d.issue(t, plain(2), nil); !errors.Is(err, lifecycle.ErrAttended) {
		t.Errorf("issued with a status: %v", err)
	}
	l := &lifecycle.List{Tenant: tenant, ID: "x", Profile: "camp", Kind: lifecycle.Bitstring}
	if _, _, err := d.SignList(t.Context(), l, map[string]any{}); !errors.Is(err, lifecycle.ErrAttended) {
		t.Errorf("signed a list: %v", err)
	}
}

// What is issued over its text can define names of its own, and none that is
// defined beside it.
func TestInlineContexts(t *testing.T) {
	t.Parallel()
	d := newDesk(t, proof.Ed25519, issuance.Settings{Formats: []string{vc.FormatJCS, vc.FormatVCJOSE, vc.FormatLD}})
	for name, c := range map[string]struct {
		context map[string]any
		want    bool
	}{
		"a name":                      {map[string]any{"mood": "https://x.example/mood"}, true},
		"a name with a type":          {map[string]any{"mood": map[string]any{"@id": "https://x.example/mood", "@type": "@id"}}, true},
		"a name for no IRI":           {map[string]any{"mood": "https ://x.example"}, false},
		"a name for a name":           {map[string]any{"mood": "name"}, false},
		"a name that is defined":      {map[string]any{"VerifiableCredential": "https://x.example/other"}, false},
		"a name that is defined deep": {map[string]any{"encodedList": "https://x.example/other"}, false},
		"a vocabulary":                {map[string]any{"@vocab": "https://x.example/"}, false},
		"a prefixed name":             {map[string]any{"x:mood": "https://x.example/mood"}, false},
		"an import":                   {map[string]any{"@import": "https://x.example/"}, false},
		"a context in it":             {map[string]any{"mood": map[string]any{"@id": "https://x.example/mood", "@context": map[string]any{}}}, false},
		"a definition without an IRI": {map[string]any{"mood": map[string]any{"@type": "@id"}}, false},
		"nothing":                     {map[string]any{"mood": nil}, false},
	} {
		for _, format := range []string{vc.FormatJCS, vc.FormatVCJOSE, vc.FormatLD} {
			doc := plain(2)
			doc["@context"] = []any{vc.ContextV2, c.context}
			if _, err := d.issue(t, doc, map[string]any{"format": format}); (err == nil) != (c.want && format != vc.FormatLD) || err != nil && !isRefusal(err) {
				t.Errorf("%s, %s: error %v", name, format, err)
			}
		}
	}
}

// The end of validity "could be a date and time in the past or in the future"
// (VCDM 2.0, "Validity Period").
func TestIssuedOnceOver(t *testing.T) {
	t.Parallel()
	d := newDesk(t, proof.Ed25519, issuance.Settings{Formats: []string{vc.FormatLD}})
	doc := plain(2)
	doc["validUntil"] = "2020-01-01T00:00:00Z"
	if _, err := d.issue(t, doc, nil); err != nil {
		t.Error(err)
	}
}

// A key that is retired signs no more, and one of another DID never.
func TestKeys(t *testing.T) {
	t.Parallel()
	d := newDesk(t, proof.Ed25519, issuance.Settings{Formats: []string{vc.FormatLD}})
	d.keys[0].RetiredAt = noon
	if _, err := d.issue(t, plain(2), nil); !errors.Is(err, issuance.ErrNoKey) {
		t.Errorf("a retired key signed: %v", err)
	}
	d.keys[0].RetiredAt = time.Time{}
	d.profile.DID = "did:web:camp.example"
	if _, err := d.issue(t, plain(2), nil); !errors.Is(err, issuance.ErrNoKey) {
		t.Errorf("a key of another DID signed: %v", err)
	}
}

// A did:web signs as itself, by the key that can in the format asked for.
func TestWeb(t *testing.T) {
	t.Parallel()
	const id = "did:web:camp.example"
	d := newDesk(t, proof.Secp256k1, issuance.Settings{Formats: []string{vc.FormatLD, vc.FormatVCJOSE}, Status: both}, func(p *issuance.Profile, k *issuance.Key) {
		p.DID, k.Method = id, id+"#one"
	})
	if _, err := d.issue(t, plain(2), nil); !isRefusal(err) {
		t.Errorf("a key signed in a format that it has not: %v", err)
	}
	other, err := proof.GenerateKey(proof.P256)
	if err != nil {
		t.Fatal(err)
	}
	jwk, _ := other.JWK()
	d.keys = append(d.keys, issuance.Key{Method: id + "#two", Secret: jwk, MadeAt: noon})
	for format, method := range map[string]string{vc.FormatLD: id + "#two", vc.FormatVCJOSE: id + "#one"} {
		signed, err := d.issue(t, plain(2), map[string]any{"format": format})
		if err != nil {
			t.Fatal(err)
		}
		c := vc.ParseCredential(received(t, signed))
		got := ""
		if c.JWT != nil {
			got, _ = c.JWT.Header["kid"].(string)
		} else {
			got, _ = c.Doc["proof"].(map[string]any)["verificationMethod"].(string)
		}
		if got != method {
			t.Errorf("%s: signed by %s, want %s", format, got, method)
		}
	}
}

// Many are issued at once: each has places of its own.
func TestIssuedAtOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t, proof.Ed25519, issuance.Settings{Formats: []string{vc.FormatVCJOSE}, Status: both})
	var mu sync.Mutex
	var all []string
	var done sync.WaitGroup
	for range 8 {
		done.Go(func() {
			for range 16 {
				signed, err := d.issue(t, plain(2), nil)
				if err != nil {
					t.Error(err)
					return
				}
				c := vc.ParseCredential(signed)
				for _, e := range c.Doc["credentialStatus"].([]any) {
					mu.Lock()
					all = append(all, e.(map[string]any)["id"].(string))
					mu.Unlock()
				}
			}
		})
	}
	done.Wait()
	slices.Sort(all)
	if got := len(slices.Compact(all)); got != 256 {
		t.Errorf("%d places for 128 credentials with two each", got)
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		s  issuance.Settings
		ok bool
	}{
		"good":             {issuance.Settings{Formats: []string{vc.FormatLD}, Status: both}, true},
		"with messages":    {issuance.Settings{Formats: []string{vc.FormatLD}, Status: []string{lifecycle.Message}, Messages: []string{"a", "b"}}, true},
		"no format":        {issuance.Settings{}, false},
		"another format":   {issuance.Settings{Formats: []string{"x"}}, false},
		"another status":   {issuance.Settings{Formats: []string{vc.FormatLD}, Status: []string{"x"}}, false},
		"a status twice":   {issuance.Settings{Formats: []string{vc.FormatLD}, Status: []string{lifecycle.Revocation, lifecycle.Revocation}}, false},
		"one message":      {issuance.Settings{Formats: []string{vc.FormatLD}, Status: []string{lifecycle.Message}, Messages: []string{"a"}}, false},
		"unasked messages": {issuance.Settings{Formats: []string{vc.FormatLD}, Messages: []string{"a", "b"}}, false},
	} {
		if err := c.s.Check(); (err == nil) != c.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Keys print as nothing.
func TestKeyIsHidden(t *testing.T) {
	t.Parallel()
	k := issuance.Key{Method: "did:example:a#b", Secret: []byte("secret")}
	if s := k.String() + k.GoString() + k.LogValue().String(); strings.Contains(s, "secret") {
		t.Error(s)
	}
}
