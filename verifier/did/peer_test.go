package did

import (
	"strings"
	"testing"
)

// The example of the Peer DID Method Specification, "Generating a did:peer:2".
const examplePeer2 = "did:peer:2.Vz6Mkj3PUd1WjvaDhNZhhhXQdz5UnZXmS7ehtx8bsPpD47kKc.Ez6LSg8zQom395jKLrGiBNruB9MM6V8PWuf2FpEy4uRFiqQBR" +
	".SeyJ0IjoiZG0iLCJzIjp7InVyaSI6Imh0dHA6Ly9leGFtcGxlLmNvbS9kaWRjb21tIiwiYSI6WyJkaWRjb21tL3YyIl0sInIiOlsiZGlkOmV4YW1wbGU6MTIzNDU2Nzg5YWJjZGVmZ2hpI2tleS0xIl19fQ" +
	".SeyJ0IjoiZG0iLCJzIjp7InVyaSI6Imh0dHA6Ly9leGFtcGxlLmNvbS9hbm90aGVyIiwiYSI6WyJkaWRjb21tL3YyIl0sInIiOlsiZGlkOmV4YW1wbGU6MTIzNDU2Nzg5YWJjZGVmZ2hpI2tleS0yIl19fQ"

// And of its "Method 0".
const (
	examplePeer0 = "did:peer:0z6MkpTHR8VNsBxYAAWHut2Geadd9jSwuBV8xRoAnwWsdvktH"
	exampleEqual = "did:key:z6MkpTHR8VNsBxYAAWHut2Geadd9jSwuBV8xRoAnwWsdvktH"
)

func named(id string) string { return strings.TrimPrefix(id, "did:key:") }

func TestPeer(t *testing.T) {
	t.Parallel()
	edwards, _ := forKey(t, newEd25519(t))
	p256, _ := forKey(t, newP256(t))
	p384, _ := forKey(t, newP384(t))
	three := "did:peer:2.V" + named(edwards) + ".A" + named(p256) + ".SAA.V" + named(p384)
	for _, c := range []struct {
		method  string
		purpose Purpose
		same    string // the did:key
	}{
		{examplePeer0 + "#" + named(exampleEqual), Assertion, exampleEqual},
		{examplePeer0 + "#" + named(exampleEqual), Authentication, exampleEqual},
		{"did:peer:0" + named(p384) + "#" + named(p384), Authentication, p384},
		{examplePeer2 + "#key-1", Authentication, "did:key:z6Mkj3PUd1WjvaDhNZhhhXQdz5UnZXmS7ehtx8bsPpD47kKc"},
		{three + "#key-1", Authentication, edwards},
		{three + "#key-2", Assertion, p256},
		{three + "#key-3", Authentication, p384},
	} {
		key, err := new(Resolver).Resolve(t.Context(), c.method, c.purpose)
		if err != nil {
			t.Errorf("%s: %v", c.method, err)
			continue
		}
		same, err := new(Resolver).Resolve(t.Context(), c.same+"#"+named(c.same), c.purpose)
		if err != nil || key.Thumbprint() != same.Thumbprint() || key.ID != c.method || key.Controller != Controller(c.method) {
			t.Errorf("%s: %+v, want the key of %s (%v)", c.method, key, c.same, err)
		}
	}
}

func TestPeerRefuses(t *testing.T) {
	t.Parallel()
	id, _ := forKey(t, newEd25519(t))
	key := named(id)
	for _, c := range []struct{ name, method, code string }{
		{"0: the fragment of method 2", "did:peer:0" + key + "#key-1", Unresolvable},
		{"0: another fragment", examplePeer0 + "#" + key, Unresolvable},
		{"0: the key without its base", "did:peer:0" + key + "#" + key[1:], Unresolvable},
		{"0: another base", "did:peer:0u" + key[1:] + "#u" + key[1:], Unresolvable},
		{"0: for agreement", "did:peer:0z6LSg8zQom395jKLrGiBNruB9MM6V8PWuf2FpEy4uRFiqQBR#z6LSg8zQom395jKLrGiBNruB9MM6V8PWuf2FpEy4uRFiqQBR", WrongKey},
		{"1", "did:peer:1zQmZMygzYqNwU6Uhmewx5Xepf2VLp5S4HLSwwgf2aiKZuwa#key-1", Unresolvable},
		{"3", "did:peer:3zQmS19jtYDvGtKVrJhQnRFpBQAx3pJ9omx2HpNrcXFuRCz9#key-1", Unresolvable},
		{"4", "did:peer:4zQmd8CpeFPci817KDsbSAKWcXAE2mjvCQSasRewvbSF54Bd#key-1", Unresolvable},
		{"none", "did:peer:#key-1", Unresolvable},
		{"2: no elements", "did:peer:2#key-1", Unresolvable},
		{"2: an empty element", "did:peer:2.#key-1", Unresolvable},
		{"2: an empty element at the end", "did:peer:2.V" + key + ".#key-1", Unresolvable},
		{"2: no dot", "did:peer:2V" + key + "#key-1", Unresolvable},
		{"2: no purpose", "did:peer:2." + key + "#key-1", Unresolvable},
		{"2: an unknown purpose", "did:peer:2.X" + key + "#key-1", Unresolvable},
		{"2: an unknown purpose beside it", "did:peer:2.V" + key + ".X" + key + "#key-1", Unresolvable},
		{"2: the purpose in lower case", "did:peer:2.v" + key + "#key-1", Unresolvable},
		{"2: the key of another purpose", "did:peer:2.A" + key + "#key-1", WrongPurpose},
		{"2: a key for agreement", "did:peer:2.E" + key + "#key-1", WrongPurpose},
		{"2: a key for invocation", "did:peer:2.I" + key + "#key-1", WrongPurpose},
		{"2: an X25519 key", "did:peer:2.Vz6LSg8zQom395jKLrGiBNruB9MM6V8PWuf2FpEy4uRFiqQBR#key-1", WrongKey},
		{"2: only services", "did:peer:2.SAA#key-1", Unresolvable},
		{"2: no key 0", "did:peer:2.V" + key + "#key-0", Unresolvable},
		{"2: no key 2", "did:peer:2.V" + key + ".SAA#key-2", Unresolvable},
		{"2: 01", "did:peer:2.V" + key + "#key-01", Unresolvable},
		{"2: +1", "did:peer:2.V" + key + "#key-+1", Unresolvable},
		{"2: beyond numbers", "did:peer:2.V" + key + "#key-99999999999999999999", Unresolvable},
		{"2: the number alone", "did:peer:2.V" + key + "#1", Unresolvable},
		{"2: the name of older implementations", "did:peer:2.V" + key + "#" + key[1:], Unresolvable},
		{"2: the key as name", "did:peer:2.V" + key + "#" + key, Unresolvable},
		{"2: another base", "did:peer:2.Vu" + key[1:] + "#key-1", Unresolvable},
		{"2: a broken key beside it", "did:peer:2.V" + key + ".Vz0OIl#key-1", Unresolvable},
		{"2: a key with a zero before it", "did:peer:2.Vz1" + key[1:] + "#key-1", WrongKey},
		{"2: a service that is padded", "did:peer:2.V" + key + ".SAA==#key-1", Unresolvable},
		{"2: a service with stray bits", "did:peer:2.V" + key + ".SAB#key-1", Unresolvable},
		{"2: an empty service", "did:peer:2.V" + key + ".S#key-1", Unresolvable},
		{"2: a query", "did:peer:2.V" + key + "?x#key-1", Unresolvable},
		{"2: too many", "did:peer:2" + strings.Repeat(".SAA", 32) + ".V" + key + "#key-1", Unresolvable},
		{"2: too long", "did:peer:2.V" + key + ".S" + strings.Repeat("A", 2048) + "#key-1", Unresolvable},
	} {
		if k, err := new(Resolver).Resolve(t.Context(), c.method, Authentication); codeOf(err) != c.code {
			t.Errorf("%s: %+v, %v; want %s", c.name, k, err, c.code)
		}
	}
}
