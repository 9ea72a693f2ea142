package proof

import (
	"crypto/ed25519"
	"testing"

	"github.com/procura-dev/procura/verifier/vc"
)

// To be read beside each other: what the two signatures cost, and what all of
// the presentation costs, from bytes to a credential that is read.
func BenchmarkTwoEd25519(b *testing.B) {
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		b.Fatal(err)
	}
	message := make([]byte, 2048)
	signature := ed25519.Sign(private, message)
	for b.Loop() {
		for range 2 {
			if !ed25519.Verify(public, message, signature) {
				b.Fatal("does not hold")
			}
		}
	}
}

func BenchmarkJWTPresentation(b *testing.B) {
	for _, form := range forms {
		b.Run(form.presentation, func(b *testing.B) {
			c := newCast(b, Ed25519)
			raw := []byte(present(b, c.holder, form.presentation, issue(b, c.issuer, c.credential(form.model), form.credential)))
			v := testVerifier()
			b.ReportAllocs()
			for b.Loop() {
				p, err := vc.ParsePresentation(raw, "application/vp+jwt")
				if err != nil {
					b.Fatal(err)
				}
				if _, err := v.Presentation(b.Context(), p, expected); err != nil {
					b.Fatal(err)
				}
				issued, err := v.Credential(b.Context(), p.Credentials[0], Terms{})
				if err != nil {
					b.Fatal(err)
				}
				if _, err := vc.ReadProxy(issued.Doc, false); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
