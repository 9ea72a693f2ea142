package did

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"encoding/hex"
	"fmt"
	"slices"

	"github.com/mr-tron/base58"
)

// Multicodec prefixes of public keys, as unsigned varints (multicodec table:
// ed25519-pub 0xed, p256-pub 0x1200, p384-pub 0x1201).
var (
	prefixEd25519 = []byte{0xed, 0x01}
	prefixes      = map[elliptic.Curve][]byte{
		elliptic.P256(): {0x80, 0x24},
		elliptic.P384(): {0x81, 0x24},
	}
)

// maxName bounds the part after did:key:; a P-384 key has 71 characters.
const maxName = 128

// ForKey returns the did:key of a public key, Ed25519 or P-256, and the
// identifier of its one verification method.
func ForKey(public crypto.PublicKey) (id, method string, err error) {
	var raw []byte
	switch k := public.(type) {
	case ed25519.PublicKey:
		raw = slices.Concat(prefixEd25519, k)
	case *ecdsa.PublicKey:
		prefix, ok := prefixes[k.Curve]
		if !ok {
			return "", "", fail(WrongKey, "a curve other than P-256 and P-384")
		}
		point, err := k.Bytes()
		if err != nil {
			return "", "", fmt.Errorf("writing a point: %w", err)
		}
		raw = slices.Concat(prefix, compress(point))
	default:
		return "", "", fail(WrongKey, "a key of type %T", public)
	}
	name := "z" + base58.Encode(raw)
	return "did:key:" + name, "did:key:" + name + "#" + name, nil
}

// compress turns an uncompressed point into SEC 1's compressed form.
func compress(point []byte) []byte {
	x, y := point[1:1+len(point)/2], point[1+len(point)/2:]
	return append([]byte{2 + y[len(y)-1]&1}, x...)
}

// decodeKey reads the multibase, multicodec key of a did:key. One key has one
// spelling.
func decodeKey(name string) (crypto.PublicKey, error) {
	if len(name) > maxName || len(name) < 2 || name[0] != 'z' {
		return nil, fail(Unresolvable, "the did:key is not base58btc")
	}
	raw, err := base58.Decode(name[1:])
	if err != nil || base58.Encode(raw) != name[1:] {
		return nil, fail(Unresolvable, "the did:key is not base58btc")
	}
	if bytes.HasPrefix(raw, prefixEd25519) {
		return ed25519Key(raw[2:])
	}
	for curve, prefix := range prefixes {
		if bytes.HasPrefix(raw, prefix) {
			return compressedKey(curve, raw[2:])
		}
	}
	return nil, fail(WrongKey, "the did:key is of a kind that is not supported")
}

func ed25519Key(raw []byte) (crypto.PublicKey, error) {
	if len(raw) != ed25519.PublicKeySize || weak(raw) {
		return nil, fail(Unresolvable, "the did:key is no Ed25519 key")
	}
	return ed25519.PublicKey(raw), nil
}

func compressedKey(curve elliptic.Curve, raw []byte) (crypto.PublicKey, error) {
	size := coordinate(curve)
	if len(raw) != 1+size {
		return nil, fail(Unresolvable, "the did:key is no %s key", curve.Params().Name)
	}
	x, y := elliptic.UnmarshalCompressed(curve, raw)
	if x == nil {
		return nil, fail(Unresolvable, "the did:key is no point of %s", curve.Params().Name)
	}
	return pointKey(curve, x.FillBytes(make([]byte, size)), y.FillBytes(make([]byte, size)))
}

// pointKey is the key of a point, which must lie on the curve.
func pointKey(curve elliptic.Curve, x, y []byte) (crypto.PublicKey, error) {
	point := slices.Concat([]byte{4}, x, y) // uncompressed (SEC 1, 2.3.3)
	public, err := ecdsa.ParseUncompressedPublicKey(curve, point)
	if err != nil {
		return nil, fail(Unresolvable, "the key is no point of %s", curve.Params().Name)
	}
	return public, nil
}

// coordinate is the size of one, in bytes.
func coordinate(curve elliptic.Curve) int { return (curve.Params().BitSize + 7) / 8 }

// smallOrder are the y of the points of order 1, 2, 4 and 8, little-endian. A
// signature by such a key fits many messages.
var smallOrder = func() (ys [5][]byte) {
	for i, s := range []string{
		"0000000000000000000000000000000000000000000000000000000000000000",
		"0100000000000000000000000000000000000000000000000000000000000000",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
		"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
	} {
		ys[i], _ = hex.DecodeString(s)
	}
	return ys
}()

// weak reports a key of small order, or one whose y is not below the prime:
// crypto/ed25519 takes both.
func weak(raw []byte) bool {
	y := slices.Clone(raw)
	y[31] &= 0x7f
	return aboveField(y) || slices.ContainsFunc(smallOrder[:], func(s []byte) bool { return bytes.Equal(s, y) })
}

// aboveField reports y ≥ 2²⁵⁵ − 19.
func aboveField(y []byte) bool {
	if y[31] != 0x7f || y[0] < 0xed {
		return false
	}
	return !slices.ContainsFunc(y[1:31], func(b byte) bool { return b != 0xff })
}
