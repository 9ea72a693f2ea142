package storetest

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/procura-dev/procura/server/store/seal"
	"github.com/procura-dev/procura/wallet/issuance"
)

func newProfile(name string) (*issuance.Profile, *issuance.Key) {
	p := &issuance.Profile{
		Tenant: tenant, Name: name, Client: "client", Custody: issuance.Custodial, DID: "did:example:" + name, CreatedAt: noon,
		Settings: issuance.Settings{Formats: []string{"ld"}, Status: []string{"message"}, Messages: []string{"a", "ü"}, Revokers: []string{"proxied", "issuers"}},
	}
	return p, &issuance.Key{Method: p.DID + "#1", Secret: []byte("a secret of " + name), MadeAt: noon}
}

func profiles(t *testing.T, db Database) {
	s := open(t, db)
	p, k := newProfile("camp")
	must(t, s.AddProfile(t.Context(), p, k))
	again, key := newProfile("camp")
	again.DID = "did:example:other"
	wants(t, "a name that is taken", s.AddProfile(t.Context(), again, key), issuance.ErrProfileExists)
	again.Name, again.DID = "other", p.DID
	wants(t, "a DID that is taken", s.AddProfile(t.Context(), again, key), issuance.ErrProfileExists)
	for _, by := range [][2]string{{"camp", ""}, {"", p.DID}, {"camp", "did:example:x"}} {
		got, keys, err := s.Keyring(t.Context(), tenant, by[0], by[1])
		must(t, err)
		same(t, "a profile", got, p)
		same(t, "its keys", keys, []issuance.Key{*k})
	}
	for _, by := range [][3]string{{tenant, "x", p.DID}, {tenant, "", "x"}, {tenant, "", ""}, {other, "camp", ""}, {other, "", p.DID}, {tenant, "\x00", ""}} {
		_, _, err := s.Keyring(t.Context(), by[0], by[1], by[2])
		wants(t, strings.Join(by[:], " "), err, issuance.ErrUnknownProfile)
	}
	second := issuance.Key{Method: p.DID + "#2", Secret: []byte("another"), MadeAt: noon.Add(time.Second)}
	must(t, s.AddKey(t.Context(), tenant, "camp", &second))
	wants(t, "the same key", s.AddKey(t.Context(), tenant, "camp", &second), issuance.ErrProfileExists)
	if err := s.AddKey(t.Context(), other, "camp", &second); err == nil {
		t.Error("a profile that is not there got a key")
	}
	must(t, s.RetireKey(t.Context(), tenant, "camp", k.Method, noon.Add(time.Hour)))
	wants(t, "retired twice", s.RetireKey(t.Context(), tenant, "camp", k.Method, noon), issuance.ErrUnknownProfile)
	k.RetiredAt = noon.Add(time.Hour)
	_, keys, err := s.Keyring(t.Context(), tenant, "camp", "")
	must(t, err)
	same(t, "keys, the last made first", keys, []issuance.Key{second, *k})
	b, kb := newProfile("board")
	must(t, s.AddProfile(t.Context(), b, kb))
	list, err := s.ProfilesOf(t.Context(), tenant)
	must(t, err)
	same(t, "all, by name", list, []issuance.Profile{*b, *p})
	for _, of := range []struct {
		tenant, client string
		most           int
		want           []string
	}{
		{tenant, "client", 9, []string{"board", "camp"}}, {tenant, "client", 1, []string{"board"}},
		{tenant, "x", 9, nil}, {other, "client", 9, nil}, {tenant, "\x00", 9, nil},
	} {
		names, err := s.NamesOf(t.Context(), of.tenant, of.client, of.most)
		must(t, err)
		same(t, "names of "+of.client, append([]string(nil), names...), of.want)
	}
	list, err = s.ProfilesOf(t.Context(), other)
	must(t, err)
	same(t, "of another tenant", len(list), 0)
}

// A profile's keys, and what is known of people by what was issued, are nowhere
// to be read.
func issuedSealed(t *testing.T, db Database) {
	s := open(t, db)
	p, k := newProfile("camp")
	must(t, s.AddProfile(t.Context(), p, k))
	l := listed(t, s, "revocation")
	i := issue(t, s, "canary-of-a-name", 1, l)
	turn(t, s, "revoke", 1, i.ID)
	for _, canary := range []string{"a secret of", "canary-of-a-name", "because"} {
		if bytes.Contains(db.Dump(), []byte(canary)) {
			t.Errorf("%q is in the database", canary)
		}
	}
	if _, err := db.Open(t.Context(), seal.NewKey([32]byte{9})); err == nil {
		t.Error("another key opened it")
	}
}
