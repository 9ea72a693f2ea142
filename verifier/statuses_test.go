package verifier_test

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/procura-dev/procura/policies"
	"github.com/procura-dev/procura/verifier"
	"github.com/procura-dev/procura/verifier/did"
	"github.com/procura-dev/procura/verifier/fetch"
	"github.com/procura-dev/procura/verifier/proof"
	"github.com/procura-dev/procura/verifier/status"
	"github.com/procura-dev/procura/verifier/vc"
)

// listURL is where the lists of these tests lie, and place the index of the
// credential in question.
const (
	listURL = "https://" + webHost + "/lists/1"
	place   = 94_567
)

// A ward is a story whose framework demands a status that is an hour old at the
// most, with a host of lists.
type ward struct {
	*story
	asked atomic.Int32
	page  http.HandlerFunc
}

// revocable is the camp's framework, of which credentials for children must be
// revocable.
func revocable(t testing.TB) *verifier.Library {
	t.Helper()
	return altered(t, "status: none, maxLife: P31D}", "status: required, maxLife: P31D}", "{presentationMaxAge: PT5M,", "{statusMaxAge: PT1H, presentationMaxAge: PT5M,")
}

// ward is a copy of the story with a host of its own.
func (s *story) ward(t testing.TB, page http.HandlerFunc) *ward {
	t.Helper()
	own := *s
	w := &ward{story: &own, page: page}
	c := hosted(t, func(out http.ResponseWriter, r *http.Request) {
		w.asked.Add(1)
		w.page(out, r)
	})
	now := func() time.Time { return at }
	w.verifier = verifier.New(verifier.Config{
		DIDs: &did.Resolver{Web: did.NewWeb(c, 0)}, Now: now, StatusLists: status.NewLists(status.Config{Fetch: c, Now: now}),
	})
	return w
}

// hosted is a client that finds pages at webHost.
func hosted(t testing.TB, page http.HandlerFunc) *fetch.Client {
	t.Helper()
	host := httptest.NewTLSServer(page)
	t.Cleanup(host.Close)
	roots := x509.NewCertPool()
	roots.AddCert(host.Certificate())
	return fetch.New(fetch.Config{Allow: []fetch.Allowance{{Host: webHost, Address: netip.MustParseAddrPort(host.Listener.Addr().String()), Roots: roots}}})
}

// serving answers with one body.
func serving(kind string, body []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		_, _ = w.Write(body)
	}
}

// entry is where a credential says that its status lies.
func entry(purpose string) map[string]any {
	return map[string]any{"type": status.Bitstring, "statusPurpose": purpose, "statusListIndex": "94567", "statusListCredential": listURL}
}

// withStatus is a grandparent's presentation whose credential has entries.
func (s *story) withStatus(t testing.TB, entries ...any) verifier.Submitted {
	t.Helper()
	doc := s.credential(s.amina, func(d, _, _ map[string]any) {
		if d["credentialStatus"] = any(entries); len(entries) == 1 {
			d["credentialStatus"] = entries[0]
		}
	})
	return s.present(t, s.amina, usual, s.signed(t, doc))
}

// bits are the values of a list with so many entries of one bit, of which those
// at set are 1, as Bitstring Status List orders them.
func bits(entries int, set ...int) []byte {
	out := make([]byte, entries/8)
	for _, i := range set {
		out[i/8] |= 0x80 >> (i % 8)
	}
	return out
}

func gzipped(values []byte) []byte {
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	_, _ = z.Write(values)
	_ = z.Close()
	return out.Bytes()
}

func encoded(values []byte) string {
	return "u" + base64.RawURLEncoding.EncodeToString(gzipped(values))
}

// listOf is an unsigned list of the values given.
func listOf(purpose any, list string) map[string]any {
	return map[string]any{
		"@context":  []any{vc.ContextV2},
		"id":        listURL,
		"type":      []any{"VerifiableCredential", "BitstringStatusListCredential"},
		"validFrom": at.Add(-time.Minute).Format(time.RFC3339),
		"credentialSubject": map[string]any{
			"id": listURL + "#list", "type": "BitstringStatusList", "statusPurpose": purpose, "encodedList": list,
		},
	}
}

// published is a list that a key signs, as it is served.
func published(t testing.TB, key *proof.Key, doc map[string]any, format string) http.HandlerFunc {
	t.Helper()
	c, err := (&proof.Signer{Key: key}).Credential(t.Context(), doc, format)
	if err != nil {
		t.Fatal(err)
	}
	return page(t, c)
}

// page serves a list that is signed.
func page(t testing.TB, c any) http.HandlerFunc {
	t.Helper()
	if text, ok := c.(string); ok {
		return serving("application/vc+jwt", []byte(text))
	}
	raw, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	return serving("application/vc", raw)
}

// A list counts in each proof format, and its bits say what they should.
func TestStatusOfACredential(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.library = revocable(t)
	const many = 1 << 17
	for _, format := range []string{vc.FormatVCJOSE, vc.FormatLD, vc.FormatJCS} {
		for name, c := range map[string]struct {
			set     []int
			purpose string
			number  bool // the index
			code    string
		}{
			"in force":             {[]int{place - 1, place + 1}, "revocation", false, ""},
			"in force at a number": {[]int{place - 1, place + 1}, "revocation", true, ""},
			"revoked":              {[]int{place}, "revocation", false, "status.revoked"},
			"revoked at a number":  {[]int{place}, "revocation", true, "status.revoked"},
			"suspended":            {[]int{place}, "suspension", false, "status.suspended"},
		} {
			t.Run(format+" "+name, func(t *testing.T) {
				t.Parallel()
				w := s.ward(t, published(t, s.issuer, listOf([]any{c.purpose, "refresh"}, encoded(bits(many, c.set...))), format))
				e := entry(c.purpose)
				if c.number {
					e["statusListIndex"] = float64(place)
				}
				a := w.decide(t, ask("routine-medical-care"), w.withStatus(t, e))
				if c.code == "" {
					wantPermit(t, a)
				} else {
					wantDeny(t, a, c.code)
				}
				if n := w.asked.Load(); n != 1 {
					t.Errorf("the list was asked for %d times", n)
				}
			})
		}
	}
}

// A permit lasts no longer than the list may be used.
func TestAPermitEndsWithItsStatus(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.library = revocable(t)
	w := s.ward(t, published(t, s.issuer, listOf("revocation", encoded(bits(1<<17))), vc.FormatVCJOSE))
	a := w.decide(t, ask("routine-medical-care"), w.withStatus(t, entry("revocation")))
	wantPermit(t, a)
	if want := at.Add(-time.Minute + time.Hour).Format(time.RFC3339); a.ValidUntil > want || a.ValidUntil == "" {
		t.Errorf("valid until %s, want no later than %s", a.ValidUntil, want)
	}
}

// What a list, or who serves it, can do wrong.
func TestStatusListsRefused(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.library = revocable(t)
	good := encoded(bits(1 << 17))
	var elsewhere atomic.Int32
	other := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere.Add(1) }))
	t.Cleanup(other.Close)
	list := func(change func(doc, subject map[string]any)) http.HandlerFunc {
		doc := listOf("revocation", good)
		change(doc, doc["credentialSubject"].(map[string]any))
		return published(t, s.issuer, doc, vc.FormatVCJOSE)
	}
	member := func(name string, value any) http.HandlerFunc {
		return list(func(_, subject map[string]any) { subject[name] = value })
	}
	forged := func(key *proof.Key) http.HandlerFunc {
		c, err := (&proof.Signer{Key: key}).Credential(t.Context(), listOf("revocation", good), vc.FormatJCS)
		if err != nil {
			t.Fatal(err)
		}
		c.(map[string]any)["issuer"] = s.issuer.DID()
		raw, _ := json.Marshal(c)
		return serving("application/vc", raw)
	}
	status404 := func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) }
	for name, c := range map[string]struct {
		code string
		page http.HandlerFunc
	}{
		"another issuer's":           {"status.refused", published(t, s.stranger, listOf("revocation", good), vc.FormatVCJOSE)},
		"signed by another":          {"status.invalid", forged(s.stranger)},
		"changed since":              {"status.invalid", forged(s.issuer.As(s.issuer.DID() + "#x"))},
		"another list of the issuer": {"status.invalid", list(func(d, _ map[string]any) { d["id"] = listURL + "0" })},
		"no list at all":             {"status.invalid", list(func(d, _ map[string]any) { d["type"] = "VerifiableCredential" })},
		"a subject that is no list":  {"status.invalid", member("type", "StatusList2021")},
		"no JSON":                    {"status.invalid", serving("application/vc", []byte("{"))},
		"nothing":                    {"status.invalid", serving("application/vc", nil)},
		"a gzip bomb":                {"status.invalid", member("encodedList", encoded(make([]byte, 5<<20)))},
		"truncated":                  {"status.invalid", member("encodedList", "u"+base64.RawURLEncoding.EncodeToString(gzipped(make([]byte, 1<<14))[:20]))},
		"something after its end":    {"status.invalid", member("encodedList", "u"+base64.RawURLEncoding.EncodeToString(append(gzipped(make([]byte, 1<<14)), 0)))},
		"a second member after it":   {"status.invalid", member("encodedList", "u"+base64.RawURLEncoding.EncodeToString(append(gzipped(make([]byte, 1<<14)), gzipped(make([]byte, 1<<14))...)))},
		"no multibase":               {"status.invalid", member("encodedList", good[1:])},
		"padded":                     {"status.invalid", member("encodedList", good+"=")},
		"not compressed":             {"status.invalid", member("encodedList", "uAAAA")},
		"wrong purpose":              {"status.purpose", member("statusPurpose", "suspension")},
		"another size":               {"status.purpose", member("statusSize", 2)},
		"an index beyond its end":    {"status.short", member("encodedList", encoded(make([]byte, 11_000)))},
		"too few to hide among":      {"status.short", member("encodedList", encoded(make([]byte, 1<<14-1)))},
		"older than allowed":         {"status.stale", list(func(d, _ map[string]any) { d["validFrom"] = at.Add(-time.Hour - time.Second).Format(time.RFC3339) })},
		"over":                       {"status.stale", list(func(d, _ map[string]any) { d["validUntil"] = at.Format(time.RFC3339) })},
		"of the future":              {"status.invalid", list(func(d, _ map[string]any) { d["validFrom"] = at.Add(time.Hour).Format(time.RFC3339) })},
		"without a date":             {"status.stale", list(func(d, _ map[string]any) { delete(d, "validFrom") })},
		"a date that is none":        {"status.invalid", list(func(d, _ map[string]any) { d["validUntil"] = "tomorrow" })},
		"a ttl of nothing":           {"status.invalid", member("ttl", 0)},
		"404":                        {"status.unreachable", status404},
		"too large":                  {"status.unreachable", serving("application/vc", make([]byte, 3<<20))},
		"a page for people":          {"status.unreachable", serving("text/html", []byte("<p>"))},
		"redirect to loopback":       {"status.unreachable", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, other.URL, http.StatusFound) }},
		"slow drip": {"status.unreachable", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/vc")
			for r.Context().Err() == nil {
				_, _ = w.Write([]byte(" "))
				_ = http.NewResponseController(w).Flush()
				time.Sleep(50 * time.Millisecond)
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := s.ward(t, c.page)
			a := w.decide(t, ask("routine-medical-care"), w.withStatus(t, entry("revocation")))
			wantDeny(t, a, c.code)
			if got := statusCodes(a); !slices.Equal(got, []string{c.code}) {
				t.Errorf("codes are %v", got)
			}
			if w.asked.Load() == 0 {
				t.Error("the list was not asked for")
			}
		})
	}
	t.Cleanup(func() {
		if n := elsewhere.Load(); n != 0 {
			t.Errorf("a redirect was followed %d times", n)
		}
	})
}

// statusCodes are those of a decision's reasons that speak of a status.
func statusCodes(a *verifier.Answer) (out []string) {
	for _, r := range a.Reasons {
		if strings.HasPrefix(r.Code, "status.") {
			out = append(out, r.Code)
		}
	}
	return slices.Compact(out)
}

// What a credential can say of its status.
func TestStatusEntriesRefused(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.library = revocable(t)
	changed := func(name string, value any) map[string]any {
		e := entry("revocation")
		if e[name] = value; value == nil {
			delete(e, name)
		}
		return e
	}
	for name, c := range map[string]struct {
		code    string
		asked   int32
		entries []any
	}{
		"none":                      {"status.absent", 0, nil},
		"one that cannot revoke":    {"status.absent", 1, []any{entry("suspension")}},
		"beyond the end":            {"status.range", 1, []any{changed("statusListIndex", "131072")}},
		"a type that is not read":   {"status.unknown", 0, []any{changed("type", "RevocationList2020Status")}},
		"two types":                 {"status.unknown", 0, []any{changed("type", []any{status.Bitstring, "X"})}},
		"a purpose of its own":      {"status.unknown", 0, []any{changed("statusPurpose", "mood")}},
		"a condition of its own":    {"status.unknown", 0, []any{changed("unless", "x")}},
		"17 bits":                   {"status.unknown", 0, []any{changed("statusSize", 17.0)}},
		"one more that is not read": {"status.unknown", 1, []any{entry("revocation"), changed("type", "X")}},
		"a list of another kind":    {"status.invalid", 1, []any{changed("type", status.List2021)}},
		"a host that is nobody's":   {"status.unreachable", 0, []any{changed("statusListCredential", "https://lists.invalid/1")}},
		"a list at loopback":        {"status.unreachable", 0, []any{changed("statusListCredential", "https://127.0.0.1/1")}},
		"a list without TLS":        {"status.unreachable", 0, []any{changed("statusListCredential", "http://"+webHost+"/1")}},
		"no index":                  {"credential.malformed", 0, []any{changed("statusListIndex", nil)}},
		"an index below 0":          {"credential.malformed", 0, []any{changed("statusListIndex", "-1")}},
		"an index of another base":  {"credential.malformed", 0, []any{changed("statusListIndex", "0x10")}},
		"an index with zeros":       {"credential.malformed", 0, []any{changed("statusListIndex", "07")}},
		"an index in part":          {"credential.malformed", 0, []any{changed("statusListIndex", 1.5)}},
		"a size of 0":               {"credential.malformed", 0, []any{changed("statusSize", 0.0)}},
		"two bits, no messages":     {"credential.malformed", 0, []any{changed("statusSize", 2.0)}},
		"a list that is no text":    {"credential.malformed", 0, []any{changed("statusListCredential", map[string]any{})}},
		"an entry that is a text":   {"credential.malformed", 0, []any{"revocation"}},
		"seventeen":                 {"credential.malformed", 0, slices.Repeat([]any{entry("revocation")}, 17)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := s.ward(t, published(t, s.issuer, listOf([]any{"revocation", "suspension"}, encoded(bits(1<<17))), vc.FormatVCJOSE))
			sent := w.grandparent(t, w.amina)
			if c.entries != nil {
				sent = w.withStatus(t, c.entries...)
			}
			wantDeny(t, w.decide(t, ask("routine-medical-care"), sent), c.code)
			if n := w.asked.Load(); n != c.asked {
				t.Errorf("asked %d times, want %d", n, c.asked)
			}
		})
	}
}

// Nothing is fetched for a document that is not proved, or whose issuer nobody
// lists (semantics 3.4).
func TestNoStatusIsFetchedForTheUnproved(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.library = revocable(t)
	doc := s.credential(s.amina, func(d, _, _ map[string]any) { d["credentialStatus"] = entry("revocation") })
	stranger := *s
	stranger.issuer = s.stranger
	forged := strings.Replace(s.signed(t, doc).(string), ".", ".A", 1)
	another := *s
	another.stranger = s.amina
	for name, c := range map[string]struct {
		code string
		sent verifier.Submitted
	}{
		"an issuer that is not listed":       {"issuer.refused", s.present(t, s.amina, usual, stranger.signed(t, doc))},
		"a forged credential":                {"", s.present(t, s.amina, usual, forged)},
		"a stolen credential":                {"holder.unbound", s.present(t, s.stranger, usual, s.signed(t, doc))},
		"a presentation of another verifier": {"domain.mismatch", s.present(t, s.amina, proof.Expect{Nonce: nonce, Domain: "https://bank.example"}, s.signed(t, doc))},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := s.ward(t, published(t, s.issuer, listOf("revocation", encoded(bits(1<<17))), vc.FormatVCJOSE))
			a := w.decide(t, ask("routine-medical-care"), c.sent)
			if c.code == "" && a.Decision.Decision != policies.Deny {
				t.Error("permitted")
			} else if c.code != "" {
				wantDeny(t, a, c.code)
			}
			if n := w.asked.Load(); n != 0 {
				t.Errorf("asked %d times", n)
			}
		})
	}
}

// tokenList is a Status List Token that a key signs, after a change of its claims.
func tokenList(t testing.TB, key *proof.Key, value int, change func(claims map[string]any)) http.HandlerFunc {
	t.Helper()
	values := make([]byte, 1<<17)
	values[place/4] = byte(value << (place % 4 * 2))
	var out bytes.Buffer
	z := zlib.NewWriter(&out)
	_, _ = z.Write(values)
	_ = z.Close()
	claims := map[string]any{
		"iss": key.DID(), "sub": listURL, "iat": at.Add(-time.Minute).Unix(), "ttl": 3600,
		"status_list": map[string]any{"bits": 2, "lst": base64.RawURLEncoding.EncodeToString(out.Bytes())},
	}
	if change != nil {
		change(claims)
	}
	text, err := (&proof.Signer{Key: key}).StatusToken(claims)
	if err != nil {
		t.Fatal(err)
	}
	return serving("application/statuslist+jwt", []byte(text))
}

// A Status List Token answers for an SD-JWT VC and for a JWT.
func TestStatusListToken(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.library = revocable(t)
	change := func(name string, value any) func(map[string]any) {
		return func(c map[string]any) {
			if c[name] = value; value == nil {
				delete(c, name)
			}
		}
	}
	for name, c := range map[string]struct {
		code string
		page http.HandlerFunc
	}{
		"valid":                     {"", tokenList(t, s.issuer, 0, nil)},
		"with a claim of its own":   {"", tokenList(t, s.issuer, 0, change("aggregation", "x"))},
		"invalid":                   {"status.revoked", tokenList(t, s.issuer, 1, nil)},
		"suspended":                 {"status.suspended", tokenList(t, s.issuer, 2, nil)},
		"of the application's own":  {"status.unknown", tokenList(t, s.issuer, 3, nil)},
		"another's":                 {"status.refused", tokenList(t, s.stranger, 0, nil)},
		"another's in this name":    {"status.invalid", tokenList(t, s.stranger, 0, change("iss", s.issuer.DID()))},
		"another list":              {"status.invalid", tokenList(t, s.issuer, 0, change("sub", listURL+"0"))},
		"without sub":               {"status.invalid", tokenList(t, s.issuer, 0, change("sub", nil))},
		"without iat":               {"status.invalid", tokenList(t, s.issuer, 0, change("iat", nil))},
		"of the future":             {"clock.behind", tokenList(t, s.issuer, 0, change("iat", at.Add(2*time.Minute).Unix()))},
		"not begun":                 {"status.invalid", tokenList(t, s.issuer, 0, change("nbf", at.Add(2*time.Minute).Unix()))},
		"older than allowed":        {"status.stale", tokenList(t, s.issuer, 0, change("iat", at.Add(-time.Hour-time.Second).Unix()))},
		"over":                      {"status.stale", tokenList(t, s.issuer, 0, change("exp", at.Unix()))},
		"three bits":                {"status.invalid", tokenList(t, s.issuer, 0, change("status_list", map[string]any{"bits": 3, "lst": "AA"}))},
		"a lst that is no list":     {"status.invalid", tokenList(t, s.issuer, 0, change("status_list", map[string]any{"bits": 2, "lst": "AAAA"}))},
		"an empty list":             {"status.range", tokenList(t, s.issuer, 0, change("status_list", map[string]any{"bits": 2, "lst": "eJwDAAAAAAE"}))},
		"a ttl that is no number":   {"status.invalid", tokenList(t, s.issuer, 0, change("ttl", "1h"))},
		"a JWT of another purpose":  {"status.invalid", published(t, s.issuer, listOf("revocation", encoded(bits(1<<17))), vc.FormatVCJOSE)},
		"a token that is not a JWT": {"status.invalid", serving("application/statuslist+jwt", []byte("e30.e30"))},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := s.ward(t, c.page)
			claims := w.sdClaims(w.amina, func(c, _, _ map[string]any) {
				c["status"] = map[string]any{"status_list": map[string]any{"idx": place, "uri": listURL}}
			})
			a := w.decide(t, ask("routine-medical-care"), bound(t, w.amina, usual, w.sdSigned(t, claims), everything))
			if c.code == "" {
				wantPermit(t, a)
				return
			}
			wantDeny(t, a, c.code)
		})
	}
}

// Whoever the framework lists for a variant may publish its lists too.
func TestAListByAnotherWhomTheFrameworkLists(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.library = revocable(t)
	w := s.ward(t, published(t, s.stranger, listOf("revocation", encoded(bits(1<<17, place))), vc.FormatVCJOSE))
	registries := map[string][]string{"camp-issuers": {s.issuer.DID(), s.stranger.DID()}}
	a, err := w.verifier.Decide(t.Context(), w.library, ask("routine-medical-care"), []verifier.Submitted{w.withStatus(t, entry("revocation"))}, registries)
	if err != nil {
		t.Fatal(err)
	}
	wantDeny(t, a, "status.revoked")
}

// A fresher list is what a stale one needs.
func TestAStaleStatusNeedsAFresherList(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.library = revocable(t)
	old := listOf("revocation", encoded(bits(1<<17)))
	old["validFrom"] = at.Add(-2 * time.Hour).Format(time.RFC3339)
	w := s.ward(t, published(t, s.issuer, old, vc.FormatVCJOSE))
	sent := w.withStatus(t, entry("revocation"))
	a := w.decide(t, ask("routine-medical-care"), sent)
	wantDeny(t, a, "status.stale")
	if len(a.Needs) != 1 || len(a.Needs[0].Parts) != 1 || a.Needs[0].Parts[0].Kind != "status" || a.Needs[0].Parts[0].List != listURL {
		raw, _ := json.Marshal(a.Needs)
		t.Fatalf("needs are %s", raw)
	}
	fresher := s.ward(t, published(t, s.issuer, listOf("revocation", encoded(bits(1<<17))), vc.FormatVCJOSE))
	wantPermit(t, fresher.decide(t, ask("routine-medical-care"), sent))
}

// A check of a credential by itself looks its status up too, at hosts that the
// operator allows, of the issuer's own lists.
func TestCheckedStatus(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	all := published(t, s.issuer, listOf([]any{"revocation", "suspension", "message", "refresh"}, encoded(bits(1<<17, place))), vc.FormatJCS)
	at0 := func(purpose string) map[string]any {
		e := entry(purpose)
		e["statusListIndex"] = "0"
		return e
	}
	over := listOf("revocation", encoded(bits(1<<17)))
	over["validUntil"] = at.Format(time.RFC3339)
	ahead := listOf("revocation", encoded(bits(1<<17)))
	ahead["validFrom"] = at.Add(time.Hour).Format(time.RFC3339)
	far := entry("revocation")
	far["statusListCredential"] = "https://lists.invalid/1"
	for name, c := range map[string]struct {
		code, problem string
		page          http.HandlerFunc
		entries       []any
	}{
		"in force":             {"", "", all, []any{at0("revocation"), at0("suspension"), at0("message"), entry("refresh")}},
		"revoked":              {"status.revoked", "STATUS_VERIFICATION_ERROR", all, []any{entry("revocation")}},
		"suspended":            {"status.suspended", "STATUS_VERIFICATION_ERROR", all, []any{at0("revocation"), entry("suspension")}},
		"with a message":       {"status.unknown", "STATUS_VERIFICATION_ERROR", all, []any{entry("message")}},
		"by a list of nobody":  {"status.refused", "STATUS_VERIFICATION_ERROR", published(t, s.stranger, listOf("revocation", encoded(bits(1<<17))), vc.FormatJCS), []any{entry("revocation")}},
		"by a list too short":  {"status.short", "STATUS_LIST_LENGTH_ERROR", published(t, s.issuer, listOf("revocation", encoded(bits(1<<10))), vc.FormatJCS), []any{entry("revocation")}},
		"by a list that ended": {"status.stale", "STATUS_VERIFICATION_ERROR", published(t, s.issuer, over, vc.FormatJCS), []any{entry("revocation")}},
		"by a list to come":    {"status.invalid", "STATUS_VERIFICATION_ERROR", published(t, s.issuer, ahead, vc.FormatJCS), []any{entry("revocation")}},
		"by no list":           {"status.unreachable", "STATUS_RETRIEVAL_ERROR", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) }, []any{entry("revocation")}},
		"at a host elsewhere":  {"status.unknown", "STATUS_VERIFICATION_ERROR", all, []any{far}},
		"of no shape":          {"credential.malformed", "MALFORMED_VALUE_ERROR", all, []any{"x"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := s.ward(t, c.page)
			doc := s.credential(s.amina, func(d, _, _ map[string]any) { d["credentialStatus"] = c.entries })
			got, err := w.verifier.CheckCredential(t.Context(), clinic, s.signed(t, doc))
			if err != nil {
				t.Fatal(err)
			}
			if c.code == "" {
				if !got.Verified || len(got.Results.Status) != len(c.entries) {
					t.Errorf("got %+v", got.Problems)
				}
				return
			}
			if got.Verified || len(got.Problems) != 1 || got.Problems[0].Code != c.code || got.Problems[0].Title != c.problem || len(got.Results.Status) == 0 {
				t.Errorf("got %+v, want %s", got.Problems, c.code)
			}
		})
	}
}

// The claim of a JWT counts as the member does; nothing is asked for a credential
// whose proof does not hold.
func TestCheckedStatusClaim(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	w := s.ward(t, tokenList(t, s.issuer, 1, nil))
	doc := map[string]any{
		"@context": []any{vc.ContextV2}, "type": []any{"VerifiableCredential"}, "credentialSubject": map[string]any{"id": "did:example:x"},
		"status": map[string]any{"status_list": map[string]any{"idx": place, "uri": listURL}},
	}
	c, err := (&proof.Signer{Key: s.issuer}).Credential(t.Context(), doc, vc.FormatVCJOSE)
	if err != nil {
		t.Fatal(err)
	}
	forged := c.(string)[:len(c.(string))-4] + "AAAA"
	if got, err := w.verifier.CheckCredential(t.Context(), clinic, forged); err != nil || got.Verified || w.asked.Load() != 0 {
		t.Errorf("a forged JWT: %+v (%v), asked %d times", got, err, w.asked.Load())
	}
	got, err := w.verifier.CheckCredential(t.Context(), clinic, c)
	if err != nil || got.Verified || got.Problems[0].Code != "status.revoked" {
		t.Errorf("a revoked JWT: %+v (%v)", got, err)
	}
}

// A list counts under the older types of proof, too, and as a JWT of the data model
// 1.1: what it says, and not what somebody made of it.
func TestStatusOfAListByAnOlderProof(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.library = revocable(t)
	e := entry("revocation")
	e["type"] = status.List2021
	for _, form := range []string{proof.Ed25519Signature2018, proof.Ed25519Signature2020, proof.JsonWebSignature2020, vc.FormatVCJWT11} {
		free, revoked := s.older(t, form, place+1), s.older(t, form, place)
		for name, c := range map[string]struct {
			list any
			code string
		}{
			"in force": {free, ""},
			"revoked":  {revoked, "status.revoked"},
			"forged":   {forgedOf(revoked, free), "status.invalid"},
		} {
			t.Run(form+" "+name, func(t *testing.T) {
				t.Parallel()
				w := s.ward(t, page(t, c.list))
				if a := w.decide(t, ask("routine-medical-care"), w.withStatus(t, e)); c.code == "" {
					wantPermit(t, a)
				} else {
					wantDeny(t, a, c.code)
				}
			})
		}
	}
}

// older is a StatusList2021 in a form.
func (s *story) older(t testing.TB, form string, set ...int) any {
	t.Helper()
	doc := listOf("revocation", encoded(bits(1<<17, set...))[1:])
	doc["@context"] = []any{vc.ContextV1, "https://w3id.org/vc/status-list/2021/v1"}
	doc["type"] = []any{"VerifiableCredential", "StatusList2021Credential"}
	doc["issuanceDate"] = doc["validFrom"]
	delete(doc, "validFrom")
	doc["credentialSubject"].(map[string]any)["type"] = "StatusList2021"
	c, err := (&proof.Signer{Key: s.issuer, At: at.Add(-time.Minute)}).Credential(t.Context(), doc, form)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// forgedOf is a list with what another says.
func forgedOf(list, other any) any {
	doc, ok := list.(map[string]any)
	if !ok {
		own, others := strings.Split(list.(string), "."), strings.Split(other.(string), ".")
		return own[0] + "." + others[1] + "." + own[2]
	}
	forged := maps.Clone(doc)
	forged["credentialSubject"] = other.(map[string]any)["credentialSubject"]
	return forged
}

// A credential under an RDF proof names its list in the terms of its data model.
func TestStatusUnderStatements(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.library = revocable(t)
	list2021 := listOf("revocation", "")
	list2021["@context"] = []any{vc.ContextV1, "https://w3id.org/vc/status-list/2021/v1"}
	list2021["type"] = []any{"VerifiableCredential", "StatusList2021Credential"}
	list2021["issuanceDate"] = list2021["validFrom"]
	delete(list2021, "validFrom")
	values := base64.RawURLEncoding.EncodeToString(gzipped(bits(1<<17, place)))
	list2021["credentialSubject"].(map[string]any)["type"] = "StatusList2021"
	list2021["credentialSubject"].(map[string]any)["encodedList"] = values
	pages := map[string]http.HandlerFunc{
		status.List2021:  published(t, s.issuer, list2021, vc.FormatLD),
		status.Bitstring: published(t, s.issuer, listOf("revocation", "u"+values), vc.FormatLD),
	}
	for kind, page := range pages {
		for index, code := range map[string]string{"94567": "status.revoked", "94566": ""} {
			t.Run(kind+" "+index, func(t *testing.T) {
				t.Parallel()
				w := s.ward(t, page)
				e := entry("revocation")
				e["type"], e["statusListIndex"] = kind, index
				a := w.decide(t, ask("routine-medical-care"), w.present(t, w.amina, usual, w.stated(t, e)))
				if code == "" {
					wantPermit(t, a)
				} else {
					wantDeny(t, a, code)
				}
			})
		}
	}
}

// stated is a grandparent's credential under an RDF proof, of the data model that
// its status is of.
func (s *story) stated(t testing.TB, status map[string]any) any {
	t.Helper()
	doc := s.credential(s.amina, func(d, _, _ map[string]any) {
		d["type"] = []any{"VerifiableCredential", campURI + "#Proxy.G/Refugee%20Camp%20Guardianship/1.0.0/ChildGuardian"}
		d["@context"] = append(d["@context"].([]any), campURI+"/1.0.0/context.jsonld")
		d["credentialSubject"].(map[string]any)["type"] = "ChildGuardianSubject"
		d["credentialStatus"] = status
		if status["type"] == "StatusList2021Entry" {
			d["@context"] = append(d["@context"].([]any), "https://w3id.org/vc/status-list/2021/v1")
			return
		}
		d["@context"].([]any)[0] = vc.ContextV2
		d["validFrom"], d["validUntil"] = d["issuanceDate"], d["expirationDate"]
		delete(d, "issuanceDate")
		delete(d, "expirationDate")
	})
	c, err := (&proof.Signer{Key: s.issuer, At: at, Contexts: s.library.Context}).Credential(t.Context(), doc, vc.FormatLD)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// The key of an issuer at a host that the operator allows is found; nothing is
// asked of its lists, where nobody lists the issuer itself. Where somebody does,
// its list counts, by whatever key it has now.
func TestStatusOfAWebIssuer(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.library = revocable(t)
	stranger := as(s.issuer, webDID)
	key := document(t, stranger)
	for name, c := range map[string]struct {
		listed []string
		code   string
		asked  int32
		signer *proof.Key
	}{
		"listed":                    {[]string{webDID}, "", 1, stranger},
		"listed, another signed it": {[]string{webDID}, "status.invalid", 1, as(s.stranger, webDID)},
		"not listed":                {nil, "issuer.refused", 0, stranger},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var asked atomic.Int32
			list := published(t, c.signer, listOf("revocation", encoded(bits(1<<17))), vc.FormatVCJOSE)
			w := s.ward(t, func(out http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/.well-known/did.json" {
					serving("application/did+json", key)(out, r)
					return
				}
				asked.Add(1)
				list(out, r)
			})
			w.issuer = stranger
			sent := []verifier.Submitted{w.withStatus(t, entry("revocation"))}
			for range 2 { // the second from what was kept
				a, err := w.verifier.Decide(t.Context(), w.library, ask("routine-medical-care"), sent, map[string][]string{"camp-issuers": c.listed})
				if err != nil {
					t.Fatal(err)
				}
				if c.code == "" {
					wantPermit(t, a)
				} else {
					wantDeny(t, a, c.code)
				}
			}
			if n := asked.Load(); n != c.asked {
				t.Errorf("the list was asked for %d times, want %d", n, c.asked)
			}
		})
	}
}

// A list that is kept counts no longer when its publisher's key is another.
func TestTheKeyOfAKeptList(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.library = altered(t, "status: none, maxLife: P31D}", "status: required, maxLife: P31D}", "{presentationMaxAge: PT5M,", "{didMaxAge: PT0S, presentationMaxAge: PT5M,")
	publisher := as(s.stranger, webDID)
	for _, format := range []string{vc.FormatVCJOSE, vc.FormatLD, vc.FormatJCS} {
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			list := published(t, publisher, listOf("revocation", encoded(bits(1<<17))), format)
			keys := [][]byte{document(t, publisher), document(t, publisher), document(t, as(s.yusuf, webDID)), document(t, publisher)}
			var turn, lists atomic.Int32
			w := s.ward(t, func(out http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/.well-known/did.json" {
					serving("application/did+json", keys[turn.Load()])(out, r)
					return
				}
				lists.Add(1)
				list(out, r)
			})
			sent := []verifier.Submitted{w.withStatus(t, entry("revocation"))}
			for i, code := range []string{"", "", "status.invalid", ""} {
				turn.Store(int32(i))
				a, err := w.verifier.Decide(t.Context(), w.library, ask("routine-medical-care"), sent, map[string][]string{"camp-issuers": {s.issuer.DID(), webDID}})
				if err != nil {
					t.Fatal(err)
				}
				if code == "" {
					wantPermit(t, a)
				} else {
					wantDeny(t, a, code)
				}
			}
			if n := lists.Load(); n != 1 {
				t.Errorf("the list was asked for %d times", n)
			}
		})
	}
}

// The claim of a JWT counts beside the member of its credential.
func TestStatusClaimOfAJWT(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.library = revocable(t)
	for value, code := range map[int]string{0: "", 1: "status.revoked"} {
		w := s.ward(t, tokenList(t, s.issuer, value, nil))
		doc := s.credential(s.amina, func(d, _, _ map[string]any) {
			d["@context"].([]any)[0] = vc.ContextV2
			d["validFrom"], d["validUntil"] = d["issuanceDate"], d["expirationDate"]
			delete(d, "issuanceDate")
			delete(d, "expirationDate")
			d["status"] = map[string]any{"status_list": map[string]any{"idx": place, "uri": listURL}}
		})
		c, err := (&proof.Signer{Key: s.issuer}).Credential(t.Context(), doc, vc.FormatVCJOSE)
		if err != nil {
			t.Fatal(err)
		}
		p, err := (&proof.Signer{Key: s.amina, At: at}).Presentation(t.Context(), []any{c}, vc.FormatVPJOSE, usual)
		if err != nil {
			t.Fatal(err)
		}
		a := w.decide(t, ask("routine-medical-care"), verifier.Submitted{MediaType: verifier.MediaJWT, Raw: []byte(p.(string))})
		if code == "" {
			wantPermit(t, a)
		} else {
			wantDeny(t, a, code)
		}
	}
}
