package keys

import (
	"crypto/ecdh"
	"crypto/ed25519"
	"crypto/hpke"
	"crypto/rand"
	"fmt"
)

// An Identity is an account's own keys: others grant to the first (HPKE, X25519,
// HKDF-SHA-256, AES-256-GCM; RFC 9180), and it signs with the second (Ed25519).
type Identity struct {
	box  *ecdh.PrivateKey
	sign ed25519.PrivateKey
}

// NewIdentity makes random ones.
func NewIdentity() (*Identity, error) {
	box, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("making an X25519 key: %w", err)
	}
	_, sign, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("making an Ed25519 key: %w", err)
	}
	return &Identity{box, sign}, nil
}

// Public are the halves that others may know, 32 bytes each.
func (i *Identity) Public() (box, sign []byte) {
	return i.box.PublicKey().Bytes(), i.sign.Public().(ed25519.PublicKey)
}

// Identity seals the private halves, 32 bytes each.
func (r *Root) Identity(i *Identity) []byte {
	private := append(i.box.Bytes(), i.sign.Seed()...)
	defer clear(private)
	return r.key.Seal(r.place(purposeIdentity), private)
}

// OpenIdentity returns what [Root.Identity] sealed.
func (r *Root) OpenIdentity(sealed []byte) (*Identity, error) {
	private, err := r.key.Open(r.place(purposeIdentity), sealed)
	if err != nil {
		return nil, fmt.Errorf("the account's own keys: %w", err)
	}
	defer clear(private)
	if len(private) != Size+ed25519.SeedSize {
		return nil, fmt.Errorf("the account's own keys: %w", ErrSealed)
	}
	box, err := ecdh.X25519().NewPrivateKey(private[:Size])
	if err != nil {
		return nil, fmt.Errorf("the account's own keys: %w", err)
	}
	return &Identity{box, ed25519.NewKeyFromSeed(private[Size:])}, nil
}

// Sign signs a message.
func (i *Identity) Sign(message []byte) []byte { return ed25519.Sign(i.sign, message) }

// Give seals a partition's key to whoever has the private half of box; info is
// what both must agree on for it to open.
func (p *Partition) Give(box, info []byte) ([]byte, error) {
	to, err := ecdh.X25519().NewPublicKey(box)
	if err != nil {
		return nil, fmt.Errorf("the key to give to: %w", err)
	}
	public, err := hpke.NewDHKEMPublicKey(to)
	if err != nil {
		return nil, fmt.Errorf("the key to give to: %w", err)
	}
	return hpke.Seal(public, hpke.HKDFSHA256(), hpke.AES256GCM(), info, p.key[:])
}

// Take opens what [Partition.Give] sealed, else [ErrSealed].
func (i *Identity) Take(a Account, id ID, epoch uint64, given, info []byte) (*Partition, error) {
	private, err := hpke.NewDHKEMPrivateKey(i.box)
	if err != nil {
		return nil, fmt.Errorf("the account's own key: %w", err)
	}
	key, err := hpke.Open(private, hpke.HKDFSHA256(), hpke.AES256GCM(), info, given)
	if err != nil || len(key) != Size {
		return nil, fmt.Errorf("what was given: %w", ErrSealed)
	}
	defer clear(key)
	return Served(a, id, epoch, Key(key)), nil
}
