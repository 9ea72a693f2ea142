package session

import (
	"errors"
	"testing"
	"time"
)

// A record is answered by the secrets that it was made under, also when there
// are newer ones; new registrations are made under the newest.
func TestGenerations(t *testing.T) {
	t.Parallel()
	first, second := NewSecrets(1, noon), NewSecrets(2, noon)
	serve := func(secrets ...*Secrets) *Server {
		s, err := NewServer(ann.Origin, secrets, []Profile{Newest})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	before, after, turned := serve(first), serve(first, second), serve(second, first)
	old, _ := register(t, before, ann, "correct horse", Newest)
	made, _ := register(t, after, ann, "correct horse", Newest)
	made.Generation = 2
	for name, s := range map[string]*Server{"oldest first": after, "newest first": turned} {
		for generation, r := range map[string]Record{"an old record": old, "a new one": made} {
			got, expect, err := login(t, s, ann, ann, r, "correct horse", Newest)
			if err != nil || !expect.Proves(got.KE3) {
				t.Errorf("%s, %s: %v", name, generation, err)
			}
		}
	}
	mislaid := old
	mislaid.Generation = 2
	if _, _, err := login(t, after, ann, ann, mislaid, "correct horse", Newest); !errors.Is(err, ErrPassword) {
		t.Errorf("a record under another generation: %v", err)
	}
	text := before.SealLogin(LoginTicket{Tenant: "default"}, noon)
	if _, err := after.OpenLogin(text, "default", noon); err != nil {
		t.Errorf("a ticket of before: %v", err)
	}
	if _, err := serve(second).OpenLogin(text, "default", noon); !errors.Is(err, ErrTicket) {
		t.Errorf("a ticket whose secrets are gone: %v", err)
	}
}

// Each part of what identifies counts, and none can be taken for another.
func TestIdentifiers(t *testing.T) {
	t.Parallel()
	one, other := NewSecrets(1, noon), NewSecrets(1, noon)
	seen := map[string]string{}
	for name, b := range map[string][]byte{
		"ann":                       one.identifier("default", "ann"),
		"another name":              one.identifier("default", "ben"),
		"another tenant":            one.identifier("other", "ann"),
		"the boundary moved":        one.identifier("defaul", "tann"),
		"another key":               other.identifier("default", "ann"),
		"identity":                  ann.identity(),
		"identity, another name":    Holder{Tenant: "default", Name: "ben"}.identity(),
		"identity, another tenant":  Holder{Tenant: "other", Name: "ann"}.identity(),
		"server":                    ann.server(Newest),
		"server, another origin":    Holder{Origin: "https://evil.example"}.server(Newest),
		"server, another profile":   ann.server(older),
		"server, more lanes":        ann.server(Profile{3, 64 << 10, 8}),
		"server, more memory":       ann.server(Profile{3, 128 << 10, 4}),
		"server, an origin's start": Holder{Origin: "https://wallet.exampl"}.server(Newest),
	} {
		if was, taken := seen[string(b)]; taken {
			t.Errorf("%s identifies as %s", name, was)
		}
		seen[string(b)] = name
	}
}

func TestServersThatCannotBe(t *testing.T) {
	t.Parallel()
	bad := NewSecrets(1, noon)
	bad.AKEKey = make([]byte, 32)
	short := NewSecrets(1, noon)
	short.OPRFSeed = short.OPRFSeed[:63]
	for name, c := range map[string]struct {
		secrets  []*Secrets
		profiles []Profile
	}{
		"no secrets":       {nil, []Profile{Newest}},
		"no profiles":      {[]*Secrets{NewSecrets(1, noon)}, nil},
		"a key of zero":    {[]*Secrets{bad}, []Profile{Newest}},
		"a seed too short": {[]*Secrets{short}, []Profile{Newest}},
	} {
		if _, err := NewServer(ann.Origin, c.secrets, c.profiles); err == nil {
			t.Errorf("%s: there is a server", name)
		}
	}
}

// A generation is known at once, and used for what is new ten seconds later.
func TestGenerationsSettle(t *testing.T) {
	t.Parallel()
	first, second := NewSecrets(1, noon), NewSecrets(2, noon.Add(time.Hour))
	s, err := NewServer(ann.Origin, []*Secrets{first}, []Profile{Newest})
	if err != nil {
		t.Fatal(err)
	}
	for after, want := range map[time.Duration]uint32{0: 1, SettleTime - 1: 1, SettleTime: 2, time.Hour: 2} {
		if err := s.Use([]*Secrets{second, first}, second.Begun.Add(after)); err != nil {
			t.Fatal(err)
		}
		if r, err := s.FakeRecord(); err != nil || r.Generation != want {
			t.Errorf("%s later what is new is made under %d, %v", after, r.Generation, err)
		}
		if _, known := s.Service(2); !known {
			t.Errorf("%s later the second is not known", after)
		}
	}
	if err := s.Use(nil, noon); !errors.Is(err, ErrSecrets) {
		t.Errorf("none at all: %v", err)
	}
	if err := s.Use([]*Secrets{second}, noon); err != nil {
		t.Fatal(err)
	}
	if _, known := s.Service(1); known {
		t.Error("one that was retired is known")
	}
}
