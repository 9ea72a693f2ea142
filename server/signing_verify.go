package server

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
)

// errSignature: no key of ours signed this, or not for this.
var errSignature = errors.New("no signature of the server's")

// A jwsHeader is the protected header of what we sign.
type jwsHeader struct {
	Alg  string `json:"alg"`
	ID   string `json:"kid"`
	Kind string `json:"typ"`
}

// Verify reads the claims of what [Signing.Sign] made, of the same kind, by a key
// that signs or ever did: what others keep ends with its key's overlap, what lies
// in the store does not. It is errSignature where that does not hold.
func (s *Signing) Verify(ctx context.Context, kind, jws string, claims any) error {
	text, encoded, _ := cutLast(jws, ".")
	head, body, _ := strings.Cut(text, ".")
	decode := base64.RawURLEncoding.Strict().DecodeString
	header, err := decode(head)
	payload, err2 := decode(body)
	signature, err3 := decode(encoded)
	if err := errors.Join(err, err2, err3); err != nil || len(signature) != 64 {
		return errors.Join(errSignature, err)
	}
	key, err := s.signer(ctx, kind, header)
	if err != nil {
		return err
	}
	digest := sha256.Sum256([]byte(text))
	if !ecdsa.Verify(key, digest[:], new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])) {
		return errSignature
	}
	if err := json.Unmarshal(payload, claims); err != nil {
		return errors.Join(errSignature, err)
	}
	return nil
}

// signer is the key that a header names; the header must be as Sign writes it.
func (s *Signing) signer(ctx context.Context, kind string, header []byte) (*ecdsa.PublicKey, error) {
	var h jwsHeader
	if err := json.Unmarshal(header, &h); err != nil {
		return nil, errors.Join(errSignature, err)
	}
	want, err := json.Marshal(jwsHeader{"ES256", h.ID, kind})
	if err != nil || !bytes.Equal(header, want) {
		return nil, errors.Join(errSignature, err)
	}
	for range 2 { // another process may have added it within the second
		keys, err := s.all(ctx)
		if err != nil {
			return nil, err
		}
		if i := slices.IndexFunc(keys, func(k SigningKey) bool { return k.ID == h.ID }); i >= 0 {
			key, err := keys[i].private()
			if err != nil {
				return nil, err
			}
			return &key.PublicKey, nil
		}
		s.forget()
	}
	return nil, fmt.Errorf("key %q: %w", h.ID, errSignature)
}

// cutLast cuts at the last separator.
func cutLast(s, separator string) (before, after string, found bool) {
	i := strings.LastIndex(s, separator)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(separator):], true
}
