package keys

import (
	"bytes"
	"crypto/ecdh"
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"flag"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the vectors into docs/wallet-keys.md")

const document = "../../docs/wallet-keys.md"

// A vector is one step with what goes in and what comes out, in hex where it is
// no text.
type vector struct {
	Step string            `json:"step"`
	In   map[string]string `json:"in"`
	Out  map[string]string `json:"out"`
}

func run(from byte, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = from + byte(i)
	}
	return b
}

// vectors are made of counting bytes, so that others can make them too.
func vectors(t *testing.T) []vector {
	t.Helper()
	x := hex.EncodeToString
	key, salt := Key(run(0, 32)), run(32, 32)
	at := Place{
		Purpose: purposeItem, Tenant: "default", Account: ID(run(64, 16)), Partition: ID(run(80, 16)),
		Epoch: 1, Item: ID(run(96, 16)), Kind: "credential", Version: 2,
	}
	sealed := key.seal(at.Bytes(), []byte("secret"), salt)
	if m, err := key.Open(at, sealed); err != nil || string(m) != "secret" {
		t.Fatalf("the vector does not open: %q, %v", m, err)
	}
	p := Partition{Account: Account{"default", ID(run(64, 16))}, ID: ID(run(80, 16)), Epoch: 1, key: key}
	root := Root{Account: p.Account, Generation: 1, key: &key}
	slot, of := root.place(purposeRoot), p.place(purposePartition)
	slot.Kind, of.Version = SlotOpaque, root.Generation
	code := Recovery{key}
	tag, check, auth, recovery, opaque := p.Tag("id", "urn:example:1"), p.Check(), code.Auth(), code.Under(), UnderOpaque(run(0, 64))
	box, err := ecdh.X25519().NewPrivateKey(run(128, 32))
	if err != nil {
		t.Fatal(err)
	}
	identity := Identity{box, ed25519.NewKeyFromSeed(run(160, 32))}
	public, sign := identity.Public()
	return []vector{
		{"place of an item", map[string]string{"purpose": at.Purpose, "tenant": at.Tenant, "account": x(at.Account[:]), "partition": x(at.Partition[:]), "epoch": "1", "item": x(at.Item[:]), "kind": at.Kind, "version": "2"}, map[string]string{"place": x(at.Bytes())}},
		{"place of a root key", map[string]string{"purpose": slot.Purpose, "tenant": slot.Tenant, "account": x(slot.Account[:]), "kind": slot.Kind, "version": "1"}, map[string]string{"place": x(slot.Bytes())}},
		{"place of a partition's key", map[string]string{"purpose": of.Purpose, "tenant": of.Tenant, "account": x(of.Account[:]), "partition": x(of.Partition[:]), "epoch": "1", "version": "1"}, map[string]string{"place": x(of.Bytes())}},
		{"seal", map[string]string{"key": x(key[:]), "salt": x(salt), "place": x(at.Bytes()), "content": x([]byte("secret"))}, map[string]string{"sealed": x(sealed)}},
		{"slot opaque", map[string]string{"export_key": x(run(0, 64))}, map[string]string{"key": x(opaque[:])}},
		{"recovery code", map[string]string{"code": x(key[:])}, map[string]string{"text": code.Text(), "auth": x(auth[:]), "key": x(recovery[:])}},
		{"tag", map[string]string{"key": x(key[:]), "field": "id", "value": "urn:example:1"}, map[string]string{"tag": x(tag[:])}},
		{"check of a partition's key", map[string]string{"key": x(key[:])}, map[string]string{"check": x(check[:])}},
		{"own keys", map[string]string{"x25519": x(run(128, 32)), "ed25519": x(run(160, 32)), "message": x([]byte("message"))}, map[string]string{"box": x(public), "sign": x(sign), "signature": x(identity.Sign([]byte("message")))}},
	}
}

// The document is for other languages: what it says is what we do.
func TestDocumentedVectors(t *testing.T) {
	t.Parallel()
	want, err := json.MarshalIndent(vectors(t), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, _ := strings.Cut(string(page), "```json\n")
	got, after, found := strings.Cut(rest, "\n```")
	if !found {
		t.Fatalf("%s has no vectors", document)
	}
	if bytes.Equal([]byte(got), want) {
		return
	}
	if !*update {
		t.Fatalf("%s has other vectors than\n%s", document, want)
	}
	if err := os.WriteFile(document, []byte(before+"```json\n"+string(want)+"\n```"+after), 0o600); err != nil {
		t.Fatal(err)
	}
}
