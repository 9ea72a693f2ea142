package status

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/procura-dev/procura/verifier/did"
	"github.com/procura-dev/procura/verifier/proof"
	"github.com/procura-dev/procura/verifier/vc"
)

// BenchmarkFromCache is what a status costs that is on hand: below 5 µs.
func BenchmarkFromCache(b *testing.B) {
	p := newPublisher(b, 0)
	p.serve(page(p.token(b, start, make([]byte, 1<<17), "ttl", 3600)))
	terms, ctx := Terms{Proofs: p.proofs(), MayPublish: anybody}, b.Context()
	for b.Loop() {
		l, err := p.lists.Get(ctx, listURL, time.Hour)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := l.Read(ctx, Entry{Kind: Token, List: listURL, Index: 94_567}, terms); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkFromCacheByWeb is the same for a list of a did:web, whose key is looked
// up each time.
func BenchmarkFromCacheByWeb(b *testing.B) {
	p := newPublisher(b, 0)
	id, _, err := did.ForKey(p.key.Public)
	if err != nil {
		b.Fatal(err)
	}
	p.key = p.key.As("did:web:" + host + "#1")
	p.serve(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/did+json")
		_, _ = fmt.Fprintf(w, `{"@context": "https://www.w3.org/ns/did/v1", "id": %[1]q, "assertionMethod": [%[2]q], "verificationMethod": [{"id": %[2]q, "type": "Multikey", "controller": %[1]q, "publicKeyMultibase": %[3]q}]}`,
			"did:web:"+host, p.key.ID, strings.TrimPrefix(id, "did:key:"))
	})
	body := page(p.token(b, start, make([]byte, 1<<17), "ttl", 3600))
	web, ctx := did.NewWeb(p.lists.fetch, time.Hour), b.Context()
	v := &proof.Verifier{DIDs: (&did.Resolver{Web: web}).Under(did.Terms{Listed: anybody}), Now: p.clock}
	if _, err := v.DIDs.Resolve(ctx, p.key.ID, did.Assertion); err != nil {
		b.Fatal(err)
	}
	p.serve(body)
	for b.Loop() {
		l, err := p.lists.Get(ctx, listURL, time.Hour)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := l.Read(ctx, Entry{Kind: Token, List: listURL, Index: 94_567}, Terms{Proofs: v, MayPublish: anybody}); err != nil {
			b.Fatal(err)
		}
	}
}

// million are a list's values of one bit, of which one in ten is set: dearer to
// decompress than most lists.
func million() []byte {
	r := rand.New(rand.NewPCG(1, 2))
	values := make([]byte, 1<<17)
	for range 1 << 20 / 10 {
		i := r.IntN(1 << 20)
		values[i/8] |= 1 << (i % 8)
	}
	return values
}

// BenchmarkMillion reads, proves and decompresses a list of 2^20 entries, in each
// format: below 50 ms, and 20 MB (kept-B) while it is kept.
func BenchmarkMillion(b *testing.B) {
	p := newPublisher(b, 0)
	values := million()
	doc := map[string]any{
		"@context": []any{vc.ContextV2}, "id": listURL, "type": []any{"VerifiableCredential", "BitstringStatusListCredential"}, "validFrom": "2026-11-20T10:00:00Z",
		"credentialSubject": map[string]any{
			"id": listURL + "#list", "type": "BitstringStatusList", "statusPurpose": "revocation",
			"encodedList": "u" + base64.RawURLEncoding.EncodeToString(gzipped(values)),
		},
	}
	bodies := map[string][]byte{Token: p.token(b, start, values)}
	for _, format := range []string{vc.FormatVCJOSE, vc.FormatJCS, vc.FormatLD} {
		c, err := (&proof.Signer{Key: p.key}).Credential(b.Context(), doc, format)
		if err != nil {
			b.Fatal(err)
		}
		text, ok := c.(string)
		bodies[format] = []byte(text)
		if !ok {
			bodies[format], _ = json.Marshal(c)
		}
	}
	for format, body := range bodies {
		b.Run(format, func(b *testing.B) {
			e := Entry{Kind: Bitstring, List: listURL, Index: 94_567, Purpose: "revocation", Size: 1}
			if format == Token {
				e = Entry{Kind: Token, List: listURL, Index: 94_567}
			}
			read := func() *List {
				l, err := ParseList(body)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := l.Read(b.Context(), e, Terms{Proofs: p.proofs(), MayPublish: anybody}); err != nil {
					b.Fatal(err)
				}
				return l
			}
			for b.Loop() {
				read()
			}
			b.ReportMetric(kept(read), "kept-B")
		})
	}
}

// kept is how much of the heap one list takes.
func kept(read func() *List) float64 {
	const many = 8
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	lists := make([]*List, many)
	for i := range lists {
		lists[i] = read()
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	runtime.KeepAlive(lists)
	return float64(after.HeapAlloc-before.HeapAlloc) / many
}
