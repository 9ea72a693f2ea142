package pack

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math/big"
	"strings"
	"testing"
	"time"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// sample is a pack with two entries of each kind, in order.
func sample() *Pack {
	return &Pack{
		Format: Format, PackedAt: noon,
		Frameworks: []Framework{
			{Name: "Camp", Version: "1.0.0", Source: []byte("name: Camp"), Context: []byte("{}"), Withdrawn: &Withdrawal{From: noon, Successor: "1.1.0"}},
			{Name: "Camp", Version: "1.1.0", Source: []byte("name: Camp"), Context: []byte("{}")},
		},
		DIDs:        []Document{{ID: "did:web:a.example", Document: "{}"}, {ID: "did:web:b.example", Document: "{}"}},
		StatusLists: []List{{URL: "https://a.example/1", List: "{}"}, {URL: "https://a.example/2", List: "{}"}},
	}
}

func newKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// sealedBy signs any payload under any header.
func sealedBy(t testing.TB, key *ecdsa.PrivateKey, head, payload string) []byte {
	t.Helper()
	encode := base64.RawURLEncoding.EncodeToString
	text := encode([]byte(head)) + "." + encode([]byte(payload))
	digest := sha256.Sum256([]byte(text))
	der, err := key.Sign(nil, digest[:], crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	var point struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(der, &point); err != nil {
		t.Fatal(err)
	}
	var signature [64]byte
	point.R.FillBytes(signature[:32])
	point.S.FillBytes(signature[32:])
	return []byte(text + "." + encode(signature[:]))
}

const usual = `{"alg":"ES256","kid":"k","typ":"procura-pack+jwt"}`

func written(t testing.TB, p any) string {
	t.Helper()
	raw, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// opened is what everybody does who decides by a pack.
func opened(raw []byte, keys map[string]*ecdsa.PublicKey) (*Pack, error) {
	sealed, err := Read(raw)
	if err != nil {
		return nil, err
	}
	if err := sealed.Verify(keys); err != nil {
		return nil, err
	}
	return sealed.Open()
}

func TestOpen(t *testing.T) {
	t.Parallel()
	key := newKey(t)
	keys := map[string]*ecdsa.PublicKey{"k": &key.PublicKey}
	raw := sealedBy(t, key, usual, written(t, sample()))
	for _, end := range []string{"", "\n"} {
		p, err := opened(append(bytes.Clone(raw), end...), keys)
		if err != nil || written(t, p) != written(t, sample()) {
			t.Errorf("got %v, %v", p, err)
		}
	}
}

// Every byte counts: none can be another, and none can be missing.
func TestEveryByteCounts(t *testing.T) {
	t.Parallel()
	key := newKey(t)
	keys := map[string]*ecdsa.PublicKey{"k": &key.PublicKey}
	raw := sealedBy(t, key, usual, written(t, sample()))
	for i := range raw {
		for _, mask := range []byte{0xff, 0x01} {
			changed := bytes.Clone(raw)
			changed[i] ^= mask
			if _, err := opened(changed, keys); err == nil {
				t.Errorf("byte %d is another, and the pack is taken", i)
			}
		}
		if _, err := opened(raw[:i], keys); err == nil {
			t.Errorf("the pack is taken after %d bytes", i)
		}
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	key, stranger := newKey(t), newKey(t)
	large, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	keys := map[string]*ecdsa.PublicKey{"k": &key.PublicKey, "p384": &large.PublicKey}
	good := written(t, sample())
	but := func(change func(p *Pack)) []byte {
		p := sample()
		change(p)
		return sealedBy(t, key, usual, written(t, p))
	}
	replaced := func(old, new string) []byte { return sealedBy(t, key, usual, strings.Replace(good, old, new, 1)) }
	for name, c := range map[string]struct {
		raw  []byte
		code string
	}{
		"nothing":                         {nil, Malformed},
		"a gzip file":                     {[]byte("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"), Malformed},
		"a tar with a path upwards":       {append([]byte("../../etc/passwd"), make([]byte, 1008)...), Malformed},
		"two packs":                       {append(but(func(*Pack) {}), but(func(*Pack) {})...), Malformed},
		"a fourth part":                   {append(but(func(*Pack) {}), ".AA"...), Malformed},
		"two ends of line":                {append(but(func(*Pack) {}), "\n\n"...), Malformed},
		"padding":                         {append(but(func(*Pack) {}), '='), Malformed},
		"too large":                       {bytes.Repeat([]byte("A"), MaxSize+1), TooLarge},
		"another's key under the id":      {sealedBy(t, stranger, usual, good), Unsigned},
		"a key that is not given":         {sealedBy(t, stranger, `{"alg":"ES256","kid":"s","typ":"procura-pack+jwt"}`, good), Stranger},
		"a key of another curve":          {sealedBy(t, key, `{"alg":"ES256","kid":"p384","typ":"procura-pack+jwt"}`, good), Stranger},
		"no algorithm":                    {sealedBy(t, key, `{"alg":"none","kid":"k","typ":"procura-pack+jwt"}`, good), Malformed},
		"another kind":                    {sealedBy(t, key, `{"alg":"ES256","kid":"k","typ":"procura-page+jwt"}`, good), Malformed},
		"no id of a key":                  {sealedBy(t, key, `{"alg":"ES256","kid":"","typ":"procura-pack+jwt"}`, good), Malformed},
		"a header with more":              {sealedBy(t, key, `{"alg":"ES256","kid":"k","typ":"procura-pack+jwt","crit":["x"]}`, good), Malformed},
		"a header in another order":       {sealedBy(t, key, `{"kid":"k","alg":"ES256","typ":"procura-pack+jwt"}`, good), Malformed},
		"no JSON":                         {sealedBy(t, key, usual, "x"), Malformed},
		"something after the JSON":        {sealedBy(t, key, usual, good+"{}"), Malformed},
		"a member twice":                  {replaced(`"format":1`, `"format":1,"format":1`), Malformed},
		"a member of another case":        {replaced(`"format":1`, `"Format":1`), Malformed},
		"a member that is not known":      {replaced(`"format":1`, `"format":1,"keys":[]`), Malformed},
		"another format":                  {but(func(p *Pack) { p.Format = 2 }), Malformed},
		"no date":                         {but(func(p *Pack) { p.PackedAt = time.Time{} }), Malformed},
		"a date with a fraction":          {but(func(p *Pack) { p.PackedAt = noon.Add(1) }), Malformed},
		"a date of another zone":          {but(func(p *Pack) { p.PackedAt = noon.In(time.FixedZone("", 3600)) }), Malformed},
		"a version twice":                 {but(func(p *Pack) { p.Frameworks[1].Version = "1.0.0" }), Malformed},
		"a document twice":                {but(func(p *Pack) { p.DIDs[1].ID = p.DIDs[0].ID }), Malformed},
		"a list twice":                    {but(func(p *Pack) { p.StatusLists[1].URL = p.StatusLists[0].URL }), Malformed},
		"lists in another order":          {but(func(p *Pack) { p.StatusLists[0].URL = "https://b.example/" }), Malformed},
		"more lists than there may be":    {but(func(p *Pack) { p.StatusLists = make([]List, maxEntries+1) }), TooLarge},
		"a payload without its signature": {[]byte(base64.RawURLEncoding.EncodeToString([]byte(usual)) + "." + base64.RawURLEncoding.EncodeToString([]byte(good)) + "."), Unsigned},
		"a signature with two more bytes": {append(but(func(*Pack) {}), "AA"...), Unsigned},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := opened(c.raw, keys)
			if e, ok := errors.AsType[*Error](err); !ok || e.Code != c.code {
				t.Errorf("got %v, want %s", err, c.code)
			}
		})
	}
}

// Sorting makes a pack that can be signed of one that was gathered in any order.
func TestSort(t *testing.T) {
	t.Parallel()
	p := sample()
	p.Frameworks[0], p.Frameworks[1] = p.Frameworks[1], p.Frameworks[0]
	p.DIDs[0], p.DIDs[1] = p.DIDs[1], p.DIDs[0]
	p.StatusLists[0], p.StatusLists[1] = p.StatusLists[1], p.StatusLists[0]
	if p.Check() == nil {
		t.Error("what is not in order is taken")
	}
	p.Sort()
	if err := p.Check(); err != nil || written(t, p) != written(t, sample()) {
		t.Errorf("sorted to %v, %v", p, err)
	}
}

// What can be read was written so: the reader has one reading, and no panic.
func FuzzOpen(f *testing.F) {
	key := newKey(f)
	good := written(f, sample())
	f.Add([]byte(usual), []byte(good), true)
	f.Add([]byte(usual), []byte(`{"format":1,"packedAt":"2026-11-22T12:00:00Z"}`), true)
	f.Add(sealedBy(f, key, usual, good), []byte(nil), false)
	f.Fuzz(func(t *testing.T, head, payload []byte, sign bool) {
		raw := head
		if sign {
			raw = sealedBy(t, key, string(head), string(payload))
		}
		sealed, err := Read(raw)
		if err != nil {
			return
		}
		err = sealed.Verify(map[string]*ecdsa.PublicKey{sealed.KeyID: &key.PublicKey})
		if (err == nil) != sign && !bytes.Equal(raw, sealedBy(t, key, usual, good)) {
			t.Fatalf("signed %v: %v", sign, err)
		}
		if p, err := sealed.Open(); err == nil && written(t, p) != string(sealed.payload) {
			t.Fatalf("%s is read as %s", sealed.payload, written(t, p))
		}
	})
}
