// Package kms keeps a profile's signing keys and signs with them, by the local KMS
// of aries-framework-go (Tink) over a store of ours; keys of secp256k1 by package
// proof.
//
// That KMS writes keys down without saying whose they are. Here each is an item of
// a wallet's partition, sealed at its place under the partition's key, with the
// key's id in it; and what is read is compared with the id that was asked for.
// Whoever has no key of the partition finds, reads and makes none. docs/wallet-kms.md
// says how it is kept, for other clients.
package kms

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/procura-dev/procura/verifier/proof"
	"github.com/procura-dev/procura/wallet/contents"
	"github.com/procura-dev/procura/wallet/keys"
)

// What can be wrong with what is asked of a KMS.
var (
	ErrType    = errors.New("keys are of type " + strings.Join(proof.KeyTypes, ", "))
	ErrUnknown = errors.New("the profile has no such key")
	ErrOther   = errors.New("what is kept as this key is another")
)

// MaxKeys is how many a profile may have in one partition.
const MaxKeys = 1000

// A Part is a partition in which a profile has keys, open: its epochs, the newest last.
type Part []*keys.Partition

func (p Part) newest() *keys.Partition { return p[len(p)-1] }

// ID names it.
func (p Part) ID() keys.ID { return p.newest().ID }

// A Keyring is one profile's keys: a namespace that no other profile's lie in.
type Keyring struct {
	Profile keys.ID // random, and never another's again
	Parts   []Part  // the first makes keys, all sign
	// Find returns an item of a partition, or contents.ErrItem.
	Find func(partition, id keys.ID) (*contents.Item, error)
}

// Public is what may be known of a key.
type Public struct {
	KID    string         `json:"kid"` // RFC 7638 thumbprint
	Type   string         `json:"type"`
	JWK    map[string]any `json:"jwk"`
	DID    string         `json:"did"`    // did:key
	Method string         `json:"method"` // its verification method
}

// written is a key as it is sealed: either Keyset or Private is there.
type written struct {
	KID     string          `json:"kid"`
	JWK     map[string]any  `json:"jwk"`
	Keyset  json.RawMessage `json:"keyset,omitempty"`  // aries' own
	Private json.RawMessage `json:"private,omitempty"` // a private JWK, of secp256k1
}

// generate makes a key of a type.
func generate(kind string) (*written, *proof.Key, error) {
	if kind == proof.Secp256k1 {
		return generateKoblitz()
	}
	m := &memory{}
	kid, err := m.create(kind)
	if err != nil {
		return nil, nil, err
	}
	key, err := m.key(kid)
	if err != nil {
		return nil, nil, err
	}
	return &written{KID: kid, JWK: key.Key.JWK(), Keyset: m.keyset}, key, nil
}

// generateKoblitz makes a key of secp256k1. Aries could: but it signs with
// arithmetic whose time depends on the key, and its id is of a JWK whose curve is
// called SECP256K1, which no thumbprint of RFC 8812 is.
func generateKoblitz() (*written, *proof.Key, error) {
	key, err := proof.GenerateKey(proof.Secp256k1)
	if err != nil {
		return nil, nil, err
	}
	private, err := key.JWK()
	if err != nil {
		return nil, nil, err
	}
	return &written{KID: key.Thumbprint(), JWK: key.Key.JWK(), Private: private}, key, nil
}

// key is the key that was written, if it is that of an id: else [ErrOther].
func (w *written) key(kid string) (key *proof.Key, err error) {
	if w.Private != nil {
		key, err = proof.ParseKey(w.Private)
	} else {
		m := &memory{keyset: w.Keyset}
		key, err = m.key(kid)
	}
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrOther, err)
	case w.KID != kid || key.Thumbprint() != kid:
		return nil, ErrOther
	}
	return key, nil
}

// place is where a key belongs: an id that tells nothing to who has no key of the
// partition, and is another in each profile.
func place(p *keys.Partition, profile keys.ID, kid string) keys.ID {
	return keys.ID(p.Tag("kms", text(profile)+"/"+kid))
}

// Tags are what the profile's keys in a partition are found by, one of each epoch.
func (r *Keyring) Tags(p Part) (out []keys.Tag) {
	for _, epoch := range p {
		out = append(out, namespace(epoch, r.Profile))
	}
	return out
}

func namespace(p *keys.Partition, profile keys.ID) keys.Tag {
	return p.Tag("tag", "kms="+text(profile))
}

func text(id keys.ID) string {
	b, _ := id.MarshalText() // never fails
	return string(b)
}

// Create makes a key of a type, and the item that keeps it.
func (r *Keyring) Create(kind string) (*contents.Item, *Public, error) {
	to := r.Parts[0].newest()
	w, key, err := generate(kind)
	if err != nil {
		return nil, nil, err
	}
	content, err := json.Marshal(w)
	if err != nil {
		return nil, nil, fmt.Errorf("writing a key: %w", err)
	}
	defer clear(content)
	own := to.Tag("id", w.KID)
	i := &contents.Item{
		Partition: to.ID, ID: place(to, r.Profile, w.KID), Kind: contents.KindKey, Epoch: to.Epoch, Version: 1,
		Own: &own, Tags: []keys.Tag{namespace(to, r.Profile)},
	}
	i.Sealed = to.Seal(keys.Item{ID: i.ID, Kind: i.Kind, Version: i.Version}, content)
	return i, public(key), nil
}

// Key returns a key that signs, else [ErrUnknown].
func (r *Keyring) Key(kid string) (*proof.Key, error) {
	for _, part := range r.Parts {
		for _, epoch := range slices.Backward(part) {
			i, err := r.Find(epoch.ID, place(epoch, r.Profile, kid))
			if errors.Is(err, contents.ErrItem) {
				continue
			}
			if err != nil {
				return nil, err
			}
			return r.read(epoch, i, kid)
		}
	}
	return nil, ErrUnknown
}

// read opens the item that keeps a key, at the place that the key's id says.
func (r *Keyring) read(p *keys.Partition, i *contents.Item, kid string) (*proof.Key, error) {
	w, err := open(p, keys.Item{ID: place(p, r.Profile, kid), Kind: contents.KindKey, Version: i.Version}, i.Sealed)
	if err != nil {
		return nil, err
	}
	return w.key(kid)
}

func open(p *keys.Partition, at keys.Item, s keys.Sealed) (*written, error) {
	content, err := p.Open(at, s)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrOther, err)
	}
	defer clear(content)
	var w written
	if err := json.Unmarshal(content, &w); err != nil {
		return nil, fmt.Errorf("%w: it cannot be read", ErrOther)
	}
	return &w, nil
}

// Describe says which key an item of a part keeps. It does not read the private half.
func (r *Keyring) Describe(p Part, i *contents.Item) (*Public, error) {
	n := slices.IndexFunc(p, func(k *keys.Partition) bool { return k.Epoch == i.Epoch })
	if n < 0 {
		return nil, ErrOther
	}
	w, err := open(p[n], keys.Item{ID: i.ID, Kind: contents.KindKey, Version: i.Version}, i.Sealed)
	if err != nil {
		return nil, err
	}
	key, err := fromJWK(w.JWK)
	if err != nil || key.Thumbprint() != w.KID || place(p[n], r.Profile, w.KID) != i.ID {
		return nil, ErrOther
	}
	return public(key), nil
}
