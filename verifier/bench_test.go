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
// two Ed25519 verifications that it needs, measured in the same run.
func BenchmarkJWTPresentation(b *testing.B) {
	s := newStory(b)
	p, q, lists := s.grandparent(b, s.amina), ask("routine-medical-care"), s.registries()
	verify := twoVerifications()
	var limit, took time.Duration
	for b.Loop() { // no StopTimer: it stops the world, which the next decision pays for
		began := time.Now()
		verify()
		limit += time.Since(began)
		began = time.Now()
		a, err := s.verifier.Decide(b.Context(), s.library, q, []verifier.Submitted{p}, lists)
		took += time.Since(began)
		if err != nil || a.Decision.Decision != policies.Permit {
			b.Fatal(err, a)
		}
	}
	b.ReportMetric(float64(took.Microseconds())/float64(b.N), "µs/decision")
	b.ReportMetric(float64(took)/float64(limit), "x-two-verifications")
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
