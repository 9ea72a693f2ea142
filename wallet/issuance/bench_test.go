package issuance_test

import (
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/procura-dev/procura/verifier/proof"
	"github.com/procura-dev/procura/verifier/vc"
	"github.com/procura-dev/procura/wallet/issuance"
	"github.com/procura-dev/procura/wallet/lifecycle"
)

// Issuing reads what was signed again, and returns once credential and places
// are on disk. Many ask at once, as clients do.
func BenchmarkIssue(b *testing.B) {
	for name, c := range map[string]struct {
		format string
		model  int
		status []string
	}{
		"vc+jwt":             {vc.FormatVCJOSE, 2, both},
		"vc-jwt":             {vc.FormatVCJWT11, 1, both},
		"vc+jwt, no status":  {vc.FormatVCJOSE, 2, nil},
		"eddsa-rdfc-2022":    {vc.FormatLD, 2, both},
		"eddsa-jcs-2022":     {vc.FormatJCS, 2, both},
		"SD-JWT VC":          {vc.FormatSDJWT, 0, both},
		"StatusList2021, ld": {vc.FormatLD, 1, both},
	} {
		b.Run(name, func(b *testing.B) {
			d := newDesk(b, proof.Ed25519, issuance.Settings{Formats: []string{c.format}, Status: c.status})
			doc := proxy()
			if c.model > 0 {
				doc = plain(c.model)
			}
			var n atomic.Int64
			b.SetParallelism(32)
			b.ResetTimer()
			b.RunParallel(func(p *testing.PB) {
				for p.Next() {
					_, err := d.Issue(b.Context(), d.profile, d.keys, &issuance.Request{Credential: doc, Name: fmt.Sprint(n.Add(1))})
					if err != nil {
						b.Error(err)
						return
					}
				}
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "credentials/s")
		})
	}
}

// 10,000 are revoked, and the list is published as it then is.
func BenchmarkRevoke(b *testing.B) {
	d := newDesk(b, proof.Ed25519, issuance.Settings{Formats: []string{vc.FormatVCJOSE}, Status: both})
	for round := 0; b.Loop(); round++ {
		b.StopTimer()
		refs := make([]lifecycle.Ref, lifecycle.MaxChanged)
		var last any
		for i := range refs {
			refs[i].Name = fmt.Sprintf("%d/%d", round, i)
			i := &lifecycle.Issued{Tenant: tenant, ID: refs[i].Name, Profile: "camp", Name: refs[i].Name, IssuedAt: noon}
			var err error
			if i.Places, err = d.Places.Places(b.Context(), tenant, "camp", []lifecycle.Wish{{Kind: lifecycle.Bitstring, Purpose: lifecycle.Revocation}}); err != nil {
				b.Fatal(err)
			}
			if err := d.store.Issue(b.Context(), i); err != nil {
				b.Fatal(err)
			}
			last = i.Places[0].List.ID
		}
		b.StartTimer()
		found, err := d.store.Find(b.Context(), tenant, refs, "")
		if err != nil {
			b.Fatal(err)
		}
		c := &lifecycle.Change{Tenant: tenant, Action: lifecycle.Revoke, Reason: "lost", By: "client", At: noon}
		for _, f := range found {
			c.IDs = append(c.IDs, f.ID)
		}
		if n, err := d.store.Apply(b.Context(), c); err != nil || n != lifecycle.MaxChanged {
			b.Fatalf("%d revoked, %v", n, err)
		}
		if _, err := d.publisher.Get(b.Context(), tenant, last.(string)); err != nil {
			b.Fatal(err)
		}
	}
}
