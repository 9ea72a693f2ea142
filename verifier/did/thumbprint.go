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
		jwk = appendMember(append(jwk, `{"crv":"P-256","kty":"EC","x":"`...), point[1:33])
		jwk = appendMember(append(jwk[:len(jwk)-1], `,"y":"`...), point[33:])
	}
	sum := sha256.Sum256(jwk)
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

func appendMember(jwk, value []byte) []byte {
	return append(base64.RawURLEncoding.AppendEncode(jwk, value), `"}`...)
}
