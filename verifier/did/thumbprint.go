package did

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
)

// Thumbprint returns the key's RFC 7638 thumbprint: base64url SHA-256 of the
// JWK's required members, in order of name, without white space.
func (k *Key) Thumbprint() string {
	var jwk []byte
	switch p := k.Public.(type) {
	case ed25519.PublicKey:
		jwk = appendMember(append(jwk, `{"crv":"Ed25519","kty":"OKP","x":"`...), p)
	case *ecdsa.PublicKey:
		point, err := p.Bytes()
		if err != nil {
			return ""
		}
		x, y := point[1:1+len(point)/2], point[1+len(point)/2:]
		jwk = append(append(jwk, `{"crv":"`...), p.Curve.Params().Name...)
		jwk = appendMember(append(jwk, `","kty":"EC","x":"`...), x)
		jwk = appendMember(append(jwk[:len(jwk)-1], `,"y":"`...), y)
	}
	sum := sha256.Sum256(jwk)
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

func appendMember(jwk, value []byte) []byte {
	return append(base64.RawURLEncoding.AppendEncode(jwk, value), `"}`...)
}
