package server_test

import (
	"bytes"
	"compress/gzip"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/procura-dev/procura/server"
	"github.com/procura-dev/procura/verifier/proof"
	"github.com/procura-dev/procura/verifier/status"
	"github.com/procura-dev/procura/verifier/vc"
	"github.com/procura-dev/procura/wallet/issuance"
	"github.com/procura-dev/procura/wallet/lifecycle"
)

// desks is how many callers issue at once.
const desks = 64

// unlimited is an office whose callers do not wait for each other.
func unlimited(t testing.TB, curve string, formats ...string) *office {
	t.Helper()
	h := newHouse(t, func(cfg *server.Config) {
		cfg.URL, cfg.Rate, cfg.ClientRate = issuerBase, server.Rate{PerSecond: -1}, server.Rate{PerSecond: -1}
	})
	return &office{h, h.profileOf(curve, server.DefaultTenant, "camp", h.clientID(server.DefaultTenant, string(server.RoleIssuer)),
		func(p *issuance.Profile) { p.Formats = formats })}
}

// atOnce does n things, by as many callers as there are desks.
func atOnce(n int, do func(i int)) {
	var next atomic.Int64
	var all sync.WaitGroup
	for range min(n, desks) {
		all.Go(func() {
			for i := int(next.Add(1)); i <= n; i = int(next.Add(1)) {
				do(i - 1)
			}
		})
	}
	all.Wait()
}

// signings is how many signatures a second all processors make of what is as
// long as a credential: what issuing cannot be faster than.
func signings(b *testing.B, curve string) float64 {
	b.Helper()
	message := bytes.Repeat([]byte("x"), 700)
	_, edwards, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		b.Fatal(err)
	}
	p256, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		b.Fatal(err)
	}
	var done atomic.Int64
	var all sync.WaitGroup
	until := time.Now().Add(300 * time.Millisecond)
	for range runtime.GOMAXPROCS(0) {
		all.Go(func() {
			for ; time.Now().Before(until); done.Add(1) {
				if curve == proof.Ed25519 {
					ed25519.Sign(edwards, message)
					continue
				}
				digest := sha256.Sum256(message)
				if _, err := ecdsa.SignASN1(rand.Reader, p256, digest[:]); err != nil {
					b.Error(err)
				}
			}
		})
	}
	all.Wait()
	return float64(done.Load()) / 0.3
}

// BenchmarkIssueOverHTTP issues credentials with a place in two status lists,
// each on disk (synchronous=FULL) when it is answered, by many callers over
// keep-alive. The target is 3,000 a second on two cores, the callers' share of
// them included. Beside it is how many bare signatures there are in a second.
func BenchmarkIssueOverHTTP(b *testing.B) {
	http.DefaultTransport.(*http.Transport).MaxIdleConnsPerHost = desks
	for _, c := range []struct{ name, curve, format, context string }{
		{"vc+jwt EdDSA", proof.Ed25519, vc.FormatVCJOSE, vc.ContextV2},
		{"vc+jwt ES256", proof.P256, vc.FormatVCJOSE, vc.ContextV2},
		{"vc-jwt EdDSA", proof.Ed25519, vc.FormatVCJWT11, vc.ContextV1},
		{"vc-jwt ES256", proof.P256, vc.FormatVCJWT11, vc.ContextV1},
	} {
		b.Run(c.name, func(b *testing.B) {
			o := unlimited(b, c.curve, c.format)
			bare := signings(b, c.curve)
			b.ResetTimer()
			atOnce(b.N, func(i int) {
				body := strings.Replace(wanted(fmt.Sprint("urn:x:", i), "did:example:child"), vc.ContextV2, c.context, 1)
				if a := o.call(server.RoleIssuer, "POST", "/credentials/issue", body); a.StatusCode != http.StatusCreated {
					b.Errorf("%d %s", a.StatusCode, a.body)
				}
			})
			b.StopTimer()
			bare = (bare + signings(b, c.curve)) / 2
			rate := float64(b.N) / b.Elapsed().Seconds()
			b.ReportMetric(rate, "credentials/s")
			b.ReportMetric(bare, "signatures/s")
			b.ReportMetric(bare/rate, "signatures/credential")
		})
	}
}

// BenchmarkRevokeOverHTTP revokes 10,000 credentials in one call and gets the
// list as it then is. The limit is 5 s. The lists are checked bit by bit.
func BenchmarkRevokeOverHTTP(b *testing.B) {
	http.DefaultTransport.(*http.Transport).MaxIdleConnsPerHost = desks
	o := unlimited(b, proof.Ed25519, vc.FormatVCJOSE)
	revoked := map[string][]uint64{}
	for round := 0; b.Loop(); round++ {
		b.StopTimer()
		entries := o.issueMany(fmt.Sprint("urn:x:", round, ":"), lifecycle.MaxChanged)
		body := statusChange("revoke", fmt.Sprint("urn:x:", round, ":"), lifecycle.MaxChanged)
		for _, e := range entries {
			revoked[e[0].List] = append(revoked[e[0].List], e[0].Index)
		}
		b.StartTimer()
		a := o.call(server.RoleIssuer, "POST", "/v1/credentials/status", body)
		published := o.bits(entries[0][0].List)
		b.StopTimer()
		if got := a.json(b)["changed"]; got != float64(lifecycle.MaxChanged) {
			b.Fatalf("%d %s", a.StatusCode, a.body)
		}
		o.saysOf(entries[0][0].List, published, revoked[entries[0][0].List])
		o.saysOf(entries[0][1].List, o.bits(entries[0][1].List), nil)
		b.StartTimer()
	}
}

// issueMany issues n with names of a prefix, and returns the entries of each.
func (o *office) issueMany(prefix string, n int) [][]status.Entry {
	o.Helper()
	out := make([][]status.Entry, n)
	atOnce(n, func(i int) { out[i] = o.issue(fmt.Sprint(prefix, i), "did:example:child") })
	return out
}

// statusChange is the body of a change of n credentials with names of a prefix.
func statusChange(action, prefix string, n int) string {
	ids := make([]string, n)
	for i := range ids {
		ids[i] = fmt.Sprint(prefix, i)
	}
	list, _ := json.Marshal(ids)
	return `{"action": "` + action + `", "reason": "the camp closed", "credentials": ` + string(list) + `}`
}

// bits are those of a published list, read without our own reader.
func (o *office) bits(list string) []byte {
	o.Helper()
	a := o.call("", "GET", strings.TrimPrefix(list, issuerBase), "")
	o.wants("the list", a, http.StatusOK, "")
	raw := a.body
	if parts := strings.Split(string(raw), "."); len(parts) == 3 {
		var err error
		if raw, err = base64.RawURLEncoding.DecodeString(parts[1]); err != nil {
			o.Fatal(err)
		}
	}
	var doc struct {
		CredentialSubject struct {
			EncodedList string `json:"encodedList"`
		} `json:"credentialSubject"`
	}
	if err := json.Unmarshal(raw, &doc); err != nil {
		o.Fatal(err)
	}
	packed, err := base64.RawURLEncoding.DecodeString(strings.TrimPrefix(doc.CredentialSubject.EncodedList, "u"))
	if err != nil {
		o.Fatal(err)
	}
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		o.Fatal(err)
	}
	out, err := io.ReadAll(r)
	if err != nil {
		o.Fatal(err)
	}
	return out
}

// saysOf compares a list with the places that are set, bit by bit.
func (o *office) saysOf(list string, published []byte, set []uint64) {
	o.Helper()
	want := make([]byte, lifecycle.Entries/8)
	for _, i := range set {
		want[i/8] |= 0x80 >> (i % 8)
	}
	if !bytes.Equal(published, want) {
		o.Errorf("%s has other bits than the %d that are set", list, len(set))
	}
}

// Of many credentials some are revoked in one call, others suspended: the lists
// have their bits and no other.
func TestListsBitByBit(t *testing.T) {
	t.Parallel()
	o := unlimited(t, proof.Ed25519, vc.FormatVCJOSE)
	all := map[string][][]status.Entry{"urn:a:": o.issueMany("urn:a:", 300), "urn:b:": o.issueMany("urn:b:", 200), "urn:c:": o.issueMany("urn:c:", 100)}
	places := map[string]map[uint64]bool{}
	for _, entries := range all {
		for _, both := range entries {
			for _, e := range both {
				if places[e.List] == nil {
					places[e.List] = map[uint64]bool{}
				}
				if places[e.List][e.Index] {
					t.Errorf("place %d of %s was given twice", e.Index, e.List)
				}
				places[e.List][e.Index] = true
			}
		}
	}
	for prefix, action := range map[string]string{"urn:a:": "revoke", "urn:b:": "suspend"} {
		o.wants(action, o.call(server.RoleIssuer, "POST", "/v1/credentials/status", statusChange(action, prefix, len(all[prefix]))), http.StatusOK, "")
	}
	for i, prefix := range []string{"urn:a:", "urn:b:"} {
		list := all[prefix][0][i].List
		var set []uint64
		for _, both := range all[prefix] {
			set = append(set, both[i].Index)
		}
		o.saysOf(list, o.bits(list), set)
	}
}
