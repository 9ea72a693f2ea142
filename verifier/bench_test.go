package verifier_test

import (
	"crypto/ed25519"
	"testing"
	"time"

	"github.com/procura-dev/procura/policies"
	"github.com/procura-dev/procura/verifier"
)

// BenchmarkJWTPresentation is bytes to decision with reasons: a JWT
// presentation with one JWT credential, nothing remembered. Its ratio is to the
// two Ed25519 verifications that it needs. Each turn of the loop takes a round of
// both, collections of garbage included; of each the fastest round counts, which
// other work on the machine disturbed least.
func BenchmarkJWTPresentation(b *testing.B) {
	s := newStory(b)
	p, q, lists := s.grandparent(b, s.amina), ask("routine-medical-care"), s.registries()
	decide := func() {
		a, err := s.verifier.Decide(b.Context(), s.library, q, []verifier.Submitted{p}, lists)
		if err != nil || a.Decision.Decision != policies.Permit {
			b.Fatal(err, a)
		}
	}
	verify, limit, took := twoVerifications(), time.Hour, time.Hour
	for b.Loop() {
		limit, took = min(limit, round(verify)), min(took, round(decide))
	}
	b.ReportMetric(float64(took.Nanoseconds()), "ns/op")
	b.ReportMetric(float64(took)/float64(limit), "x-two-verifications")
}

// round is what one of a hundred takes, in their mean.
func round(do func()) time.Duration {
	const times = 100
	began := time.Now()
	for range times {
		do()
	}
	return time.Since(began) / times
}

// twoVerifications returns what verifies two Ed25519 signatures of 1 KiB.
func twoVerifications() func() {
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		panic(err)
	}
	message := make([]byte, 1024)
	signature := ed25519.Sign(private, message)
	return func() {
		for range 2 {
			if !ed25519.Verify(public, message, signature) {
				panic("a good signature does not verify")
			}
		}
	}
}
