package pack

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"math/big"
	"strings"

	"github.com/procura-dev/procura/verifier/vc"
)

// The codes of an [Error].
const (
	Malformed = "pack.malformed" // it is no pack, or what it holds is not of its shape
	Unsigned  = "pack.signature" // its signature does not hold
	Stranger  = "pack.key"       // none of the keys given signed it
	TooLarge  = "pack.too_large"
)

// An Error says why a pack is not taken.
type Error struct{ Code, Why string }

func (e *Error) Error() string { return e.Why + " (" + e.Code + ")" }

func fail(code, format string, args ...any) *Error {
	return &Error{Code: code, Why: fmt.Sprintf(format, args...)}
}

// A header is that of the JWS, its members in the order in which they are signed.
type header struct {
	Alg  string `json:"alg"`
	ID   string `json:"kid"`
	Kind string `json:"typ"`
}

// A Sealed pack is one whose signature nobody has checked.
type Sealed struct {
	KeyID     string
	signed    []byte // what the signature covers
	payload   []byte
	signature []byte
}

// Read takes a pack apart. Nothing that it holds is looked at.
func Read(raw []byte) (*Sealed, error) {
	if len(raw) > MaxSize {
		return nil, fail(TooLarge, "it is larger than %d bytes", MaxSize)
	}
	text := strings.TrimSuffix(string(raw), "\n")
	parts := strings.SplitN(text, ".", 4)
	if len(parts) != 3 {
		return nil, fail(Malformed, "it is no JWS")
	}
	var decoded [3][]byte
	for i, part := range parts {
		var ok bool
		if decoded[i], ok = vc.DecodeBase64(part); !ok {
			return nil, fail(Malformed, "a part of it is not base64url")
		}
	}
	var h header
	if err := exactly(decoded[0], &h); err != nil || h.Alg != "ES256" || h.Kind != Kind || h.ID == "" {
		return nil, fail(Malformed, "its header is not that of a pack, with alg ES256, a kid and typ %s", Kind)
	}
	end := len(parts[0]) + 1 + len(parts[1])
	return &Sealed{KeyID: h.ID, signed: []byte(text[:end]), payload: decoded[1], signature: decoded[2]}, nil
}

// Verify refuses a pack that none of the keys, by their ids, signed.
func (s *Sealed) Verify(keys map[string]*ecdsa.PublicKey) error {
	key := keys[s.KeyID]
	if key == nil || key.Curve != elliptic.P256() {
		return fail(Stranger, "it is signed by key %q, which is none of those given", s.KeyID)
	}
	digest := sha256.Sum256(s.signed)
	if len(s.signature) != 64 || !ecdsa.Verify(key, digest[:], new(big.Int).SetBytes(s.signature[:32]), new(big.Int).SetBytes(s.signature[32:])) {
		return fail(Unsigned, "its signature does not hold")
	}
	return nil
}

// Open reads what lies in a pack. Who has not verified it before must not decide by it.
func (s *Sealed) Open() (*Pack, error) {
	p := &Pack{}
	if err := exactly(s.payload, p); err != nil {
		return nil, fail(Malformed, "what it holds is not the JSON of a pack: %v", err)
	}
	return p, p.Check()
}

// exactly reads JSON that is written as we write it, so that there is one reading:
// no member is there twice, or under another case, or unknown.
func exactly(raw []byte, to any) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(to); err != nil {
		return err
	}
	again, err := json.Marshal(to)
	if err != nil {
		return err
	}
	if !bytes.Equal(raw, again) {
		return fail(Malformed, "it is not written as packs are")
	}
	return nil
}
