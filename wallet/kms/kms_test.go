package kms

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/procura-dev/procura/verifier/did"
	"github.com/procura-dev/procura/verifier/proof"
	"github.com/procura-dev/procura/verifier/vc"
	"github.com/procura-dev/procura/wallet/contents"
	"github.com/procura-dev/procura/wallet/keys"
)

var noon = time.Date(2026, 5, 17, 12, 0, 0, 0, time.UTC)

// A shelf holds items as a wallet's store does.
type shelf map[[2]keys.ID]*contents.Item

func (s shelf) find(partition, id keys.ID) (*contents.Item, error) {
	if i, ok := s[[2]keys.ID{partition, id}]; ok {
		return i, nil
	}
	return nil, contents.ErrItem
}

func (s shelf) put(i *contents.Item) { s[[2]keys.ID{i.Partition, i.ID}] = i }

var ann = keys.Account{Tenant: "default", ID: keys.ID{1}}

func ring(s shelf, parts ...Part) *Keyring {
	return &Keyring{Profile: keys.ID{9}, Parts: parts, Find: s.find}
}

// made makes a key and keeps it.
func (r *Keyring) made(t *testing.T, s shelf, kind string) *Public {
	t.Helper()
	i, p, err := r.Create(kind)
	if err != nil {
		t.Fatal(err)
	}
	s.put(i)
	return p
}

// Keys of each type sign as a verifier takes it: JWTs, and proofs in documents.
func TestKeysSign(t *testing.T) {
	t.Parallel()
	for _, kind := range proof.KeyTypes {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			s := shelf{}
			r := ring(s, Part{keys.NewPartition(ann)})
			p := r.made(t, s, kind)
			key, err := r.Key(p.KID)
			if err != nil {
				t.Fatal(err)
			}
			if key.Thumbprint() != p.KID || p.Type != kind || key.DID() != p.DID || key.ID != p.Method {
				t.Errorf("made %+v, read %s", p, key.ID)
			}
			v := &proof.Verifier{DIDs: &did.Resolver{}, Now: func() time.Time { return noon }}
			signer := &proof.Signer{Key: key, At: noon}
			for range 3 { // ECDSA takes another random number each time
				token, err := signer.JWT("JWT", "", map[string]any{"sub": "me"})
				if err != nil {
					t.Fatal(err)
				}
				j, err := vc.ParseJWT(token)
				if err != nil {
					t.Fatal(err)
				}
				if by, err := v.JWT(t.Context(), j); err != nil || by.Controller != p.DID {
					t.Errorf("verified as %v, %v", by, err)
				}
				j.Signature[5] ^= 1
				if _, err := v.JWT(t.Context(), j); err == nil {
					t.Error("a changed signature holds")
				}
			}
			for _, format := range []string{vc.FormatVCJOSE, vc.FormatLD, vc.FormatJCS} {
				doc := map[string]any{
					"@context": []any{vc.ContextV2}, "type": []any{"VerifiableCredential"},
					"issuer": p.DID, "credentialSubject": map[string]any{"id": "did:example:x"},
				}
				_, err := signer.Credential(t.Context(), doc, format)
				if koblitz := kind == proof.Secp256k1 && format != vc.FormatVCJOSE; (err != nil) != koblitz {
					t.Errorf("signing %s: %v", format, err)
				}
			}
			if raw, err := key.JWK(); err == nil && kind != proof.Secp256k1 {
				t.Errorf("the private half is written as %s", raw)
			}
		})
	}
}

func TestCreateRefuses(t *testing.T) {
	t.Parallel()
	r := ring(shelf{}, Part{keys.NewPartition(ann)})
	for _, kind := range []string{"", "RSA", "ed25519", "X25519", "NISTP256ECDHKW", "HMACSHA256Tag256"} {
		if _, _, err := r.Create(kind); !errors.Is(err, ErrType) {
			t.Errorf("%q: %v", kind, err)
		}
	}
}

// Numbers that begin with a zero byte, one in 128, are as long as others.
func TestKeysAreOfOneLength(t *testing.T) {
	t.Parallel()
	v := &proof.Verifier{DIDs: &did.Resolver{}, Now: func() time.Time { return noon }}
	for _, kind := range []string{proof.P256, proof.P384} {
		for range 300 {
			w, _, err := generate(kind)
			if err != nil {
				t.Fatal(err)
			}
			key, err := w.key(w.KID)
			if err != nil {
				t.Fatal(err)
			}
			token, err := (&proof.Signer{Key: key}).JWT("", "", map[string]any{})
			if err != nil {
				t.Fatal(err)
			}
			j, err := vc.ParseJWT(token)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := v.JWT(t.Context(), j); err != nil {
				t.Fatalf("%s: %v", token, err)
			}
		}
	}
}

// Nothing of a key can be seen in what is kept.
func TestKeysAreSealed(t *testing.T) {
	t.Parallel()
	i, p, err := ring(shelf{}, Part{keys.NewPartition(ann)}).Create(proof.Ed25519)
	if err != nil {
		t.Fatal(err)
	}
	all := string(i.Sealed.Content) + string(i.Sealed.Key) + string(i.ID[:]) + string(i.Own[:]) + string(i.Tags[0][:])
	for _, text := range []string{p.KID, p.JWK["x"].(string), "keyset", "Ed25519", "typeUrl"} {
		if strings.Contains(all, text) {
			t.Errorf("what is kept shows %s", text)
		}
	}
}

// Old keys sign on where they are: in earlier epochs, and earlier partitions.
func TestKeysOfOlderGenerations(t *testing.T) {
	t.Parallel()
	s := shelf{}
	first, second := keys.NewPartition(ann), keys.NewPartition(ann)
	old := ring(s, Part{first}).made(t, s, proof.P256)
	next := first.Next()
	middle := ring(s, Part{first, next}).made(t, s, proof.P256)
	r := ring(s, Part{second}, Part{first, next})
	newest := r.made(t, s, proof.P256)
	for name, p := range map[string]*Public{"of the first epoch": old, "of the second": middle, "of another partition": newest} {
		if key, err := r.Key(p.KID); err != nil || key.Thumbprint() != p.KID {
			t.Errorf("the key %s: %v", name, err)
		}
	}
	if _, err := ring(s, Part{second}).Key(old.KID); !errors.Is(err, ErrUnknown) {
		t.Errorf("a key of a partition that is not open: %v", err)
	}
}

// What one has none of another finds, and what was put in a key's place is not it.
func TestKeysOfOthers(t *testing.T) {
	t.Parallel()
	s := shelf{}
	p := keys.NewPartition(ann)
	r := ring(s, Part{p})
	mine, theirs := r.made(t, s, proof.Ed25519), r.made(t, s, proof.Ed25519)
	item := func(kid string) *contents.Item { i, _ := s.find(p.ID, place(p, r.Profile, kid)); return i }

	other := ring(s, Part{p})
	other.Profile = keys.ID{8}
	if _, err := other.Key(mine.KID); !errors.Is(err, ErrUnknown) {
		t.Errorf("another profile's: %v", err)
	}
	ben := keys.Served(keys.Account{Tenant: "default", ID: keys.ID{2}}, p.ID, p.Epoch, p.Serve())
	if _, err := ring(s, Part{ben}).Key(mine.KID); !errors.Is(err, ErrOther) {
		t.Errorf("another account's: %v", err)
	}
	elsewhere := keys.Served(keys.Account{Tenant: "other", ID: ann.ID}, p.ID, p.Epoch, p.Serve())
	if _, err := ring(s, Part{elsewhere}).Key(mine.KID); !errors.Is(err, ErrOther) {
		t.Errorf("another tenant's: %v", err)
	}
	if _, err := ring(s, Part{keys.Served(ann, p.ID, p.Epoch, keys.New())}).Key(mine.KID); !errors.Is(err, ErrUnknown) {
		t.Errorf("with another key of the partition: %v", err)
	}

	moved := *item(theirs.KID) // as a store would that gives one for the other
	moved.ID = item(mine.KID).ID
	s.put(&moved)
	if _, err := r.Key(mine.KID); !errors.Is(err, ErrOther) {
		t.Errorf("another key in its place: %v", err)
	}
	older := *item(mine.KID)
	older.Version = 2
	s.put(&older)
	if _, err := r.Key(mine.KID); !errors.Is(err, ErrOther) {
		t.Errorf("of another version: %v", err)
	}
}

// Whoever can seal can write what they like; a key is still the one of its id.
func TestKeysAreComparedWithTheirIDs(t *testing.T) {
	t.Parallel()
	s := shelf{}
	p := keys.NewPartition(ann)
	r := ring(s, Part{p})
	mine, theirs := r.made(t, s, proof.Ed25519), r.made(t, s, proof.P384)
	read := func(kid string) *written {
		i, _ := s.find(p.ID, place(p, r.Profile, kid))
		w, err := open(p, keys.Item{ID: i.ID, Kind: i.Kind, Version: i.Version}, i.Sealed)
		if err != nil {
			t.Fatal(err)
		}
		return w
	}
	at := keys.Item{ID: place(p, r.Profile, mine.KID), Kind: contents.KindKey, Version: 1}
	forge := func(w any) {
		raw, err := json.Marshal(w)
		if err != nil {
			t.Fatal(err)
		}
		i := &contents.Item{Partition: p.ID, ID: at.ID, Kind: at.Kind, Epoch: 1, Version: 1, Sealed: p.Seal(at, raw)}
		s.put(i)
	}
	koblitz, _, err := generateKoblitz()
	if err != nil {
		t.Fatal(err)
	}
	good, other := *read(mine.KID), *read(theirs.KID)
	for name, w := range map[string]any{
		"another's keyset":   written{KID: good.KID, JWK: good.JWK, Keyset: other.Keyset},
		"another's id":       written{KID: other.KID, JWK: good.JWK, Keyset: good.Keyset},
		"no keyset":          written{KID: good.KID, JWK: good.JWK},
		"a keyset of none":   written{KID: good.KID, JWK: good.JWK, Keyset: json.RawMessage(`{"encryptedKeyset": "AAAA"}`)},
		"what is no key":     []int{1},
		"another's JWK":      written{KID: good.KID, JWK: good.JWK, Private: koblitz.Private},
		"no JWK":             written{KID: good.KID, JWK: good.JWK, Private: json.RawMessage(`{"kty": "EC"}`)},
		"another whole item": other,
	} {
		forge(w)
		if _, err := r.Key(mine.KID); !errors.Is(err, ErrOther) {
			t.Errorf("%s: signs with %v", name, err)
		}
	}
	for name, w := range map[string]written{"another's public half": {KID: good.KID, JWK: other.JWK, Keyset: good.Keyset}, "another whole item": other} {
		forge(w)
		i, _ := s.find(p.ID, at.ID)
		if _, err := r.Describe(Part{p}, i); !errors.Is(err, ErrOther) {
			t.Errorf("%s: described, %v", name, err)
		}
	}
	forge(good)
	i, _ := s.find(p.ID, at.ID)
	if d, err := r.Describe(Part{p}, i); err != nil || d.KID != mine.KID {
		t.Errorf("the key itself: %v, %v", d, err)
	}
}
