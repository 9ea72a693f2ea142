package did

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"encoding/hex"
	"slices"

	"github.com/mr-tron/base58"
)

// prefixEd25519 is the multicodec prefix of ed25519-pub (0xed), as an unsigned
// varint.
var prefixEd25519 = []byte{0xed, 0x01}

// maxName bounds the part after did:key:; a P-384 key has 71 characters.
const maxName = 128

// ForKey returns the did:key of a public key, of Ed25519 or one of the curves,
// and the identifier of its one verification method.
func ForKey(public crypto.PublicKey) (id, method string, err error) {
	var raw []byte
	if k, ok := public.(ed25519.PublicKey); ok {
		raw = slices.Concat(prefixEd25519, k)
	} else {
		c, point := pointOf(public)
		if c == nil {
			return "", "", fail(WrongKey, "a key of type %T, or of another curve", public)
		}
		raw = slices.Concat(c.prefix, compress(point))
	}
	name := "z" + base58.Encode(raw)
	return "did:key:" + name, "did:key:" + name + "#" + name, nil
}

// decodeKey reads a multibase, multicodec key, as in a did:key. One key has one
// spelling.
func decodeKey(name string) (crypto.PublicKey, error) {
	if len(name) > maxName || len(name) < 2 || name[0] != 'z' {
		return nil, fail(Unresolvable, "the key is not in base58btc")
	}
	raw, err := base58.Decode(name[1:])
	if err != nil || base58.Encode(raw) != name[1:] {
		return nil, fail(Unresolvable, "the key is not in base58btc")
	}
	if bytes.HasPrefix(raw, prefixEd25519) {
		return ed25519Key(raw[len(prefixEd25519):])
	}
	for _, c := range curves {
		if bytes.HasPrefix(raw, c.prefix) {
			return c.compressedKey(raw[len(c.prefix):])
		}
	}
	return nil, fail(WrongKey, "the key is of a kind that is not supported")
}

func ed25519Key(raw []byte) (crypto.PublicKey, error) {
	if len(raw) != ed25519.PublicKeySize || weak(raw) {
		return nil, fail(Unresolvable, "the key is no Ed25519 key")
	}
	return ed25519.PublicKey(raw), nil
}

func (c *curve) compressedKey(raw []byte) (crypto.PublicKey, error) {
	if len(raw) != 1+c.size {
		return nil, fail(Unresolvable, "the key is no %s key", c.name)
	}
	public := c.fromPoint(raw)
	if public == nil {
		return nil, fail(Unresolvable, "the key is no point of %s", c.name)
	}
	return public, nil
}

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
