package did

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"encoding/base64"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"
)

// A curve is one of those of ECDSA, with how its public keys are written.
type curve struct {
	name   string // in a JWK
	alg    string // in JOSE
	prefix []byte // multicodec, as an unsigned varint
	size   int    // of a coordinate, in bytes
	// fromPoint reads a point of SEC 1, compressed or not; nil: none of the curve.
	fromPoint func(point []byte) crypto.PublicKey
}

// The multicodec table has p256-pub as 0x1200, p384-pub as 0x1201 and
// secp256k1-pub as 0xe7.
var curves = []*curve{
	{"P-256", "ES256", []byte{0x80, 0x24}, 32, nistPoint(elliptic.P256())},
	{"P-384", "ES384", []byte{0x81, 0x24}, 48, nistPoint(elliptic.P384())},
	{"secp256k1", "ES256K", []byte{0xe7, 0x01}, 32, koblitzPoint},
}

func nistPoint(c elliptic.Curve) func([]byte) crypto.PublicKey {
	return func(point []byte) crypto.PublicKey {
		if len(point) > 0 && point[0] != 4 {
			x, y := elliptic.UnmarshalCompressed(c, point)
			if x == nil {
				return nil
			}
			size := (c.Params().BitSize + 7) / 8
			point = append([]byte{4}, x.FillBytes(make([]byte, size))...)
			point = append(point, y.FillBytes(make([]byte, size))...)
		}
		public, err := ecdsa.ParseUncompressedPublicKey(c, point)
		if err != nil {
			return nil
		}
		return public
	}
}

// koblitzPoint is of secp256k1. The library reads SEC 1's hybrid form too,
// which is a second spelling.
func koblitzPoint(point []byte) crypto.PublicKey {
	if len(point) == 0 || point[0] != 2 && point[0] != 3 && point[0] != 4 {
		return nil
	}
	public, err := secp256k1.ParsePubKey(point)
	if err != nil {
		return nil
	}
	return public
}

// pointOf returns a public key's curve and its uncompressed point; a nil curve
// where it is on none of them.
func pointOf(public crypto.PublicKey) (*curve, []byte) {
	switch k := public.(type) {
	case *ecdsa.PublicKey:
		point, err := k.Bytes()
		if c := curveNamed(k.Curve.Params().Name); c != nil && err == nil {
			return c, point
		}
	case *secp256k1.PublicKey:
		return curveNamed("secp256k1"), k.SerializeUncompressed()
	}
	return nil, nil
}

func curveNamed(name string) *curve {
	for _, c := range curves {
		if c.name == name {
			return c
		}
	}
	return nil
}

// compress turns an uncompressed point into SEC 1's compressed form.
func compress(point []byte) []byte {
	x, y := point[1:1+len(point)/2], point[1+len(point)/2:]
	return append([]byte{2 + y[len(y)-1]&1}, x...)
}

// JWK returns the public key as a JWK of its required members (RFC 7518, RFC
// 8037, RFC 8812); nil where it is of another kind.
func (k *Key) JWK() map[string]any {
	text := base64.RawURLEncoding.EncodeToString
	if p, ok := k.Public.(ed25519.PublicKey); ok {
		return map[string]any{"kty": "OKP", "crv": "Ed25519", "x": text(p)}
	}
	c, point := pointOf(k.Public)
	if c == nil {
		return nil
	}
	return map[string]any{"kty": "EC", "crv": c.name, "x": text(point[1 : 1+c.size]), "y": text(point[1+c.size:])}
}
