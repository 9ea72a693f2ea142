package server_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/procura-dev/procura/policies/authz"
	"github.com/procura-dev/procura/server"
)

// A changing store gives policy sets as somebody changed them in the database.
type changing struct {
	server.PolicySetStore
	change func(*server.PublishedSet)
}

func (c changing) PolicySet(ctx context.Context, tenant, folded, version string) (*server.PublishedSet, error) {
	set, err := c.PolicySetStore.PolicySet(ctx, tenant, folded, version)
	if err == nil {
		c.change(set)
	}
	return set, err
}

// A set that is not what was signed permits nothing, in a process that starts as
// well as where it is activated.
func TestChangedPolicySetIsRefused(t *testing.T) {
	t.Parallel()
	s := openSQLite(t)
	one := build(t, s)
	for _, role := range server.Roles {
		one.tokens[role] = one.client(server.DefaultTenant, string(role), role)
	}
	permits := setOf("decision := {\"decision\": true}\n")
	one.wants("publishing", one.publishSet("a/1.0.0", permits), http.StatusCreated, "")
	one.wants("publishing", one.publishSet("b/1.0.0", setOf("decision := {\"decision\": input.subject.id == \"alice\"}\n")), http.StatusCreated, "")
	one.wants("activating", one.activate("0", "a", "1.0.0"), http.StatusOK, "")
	b, err := s.PolicySet(t.Context(), server.DefaultTenant, "b", "1.0.0")
	if err != nil {
		t.Fatal(err)
	}
	const other, metadata = "procura-policyset+jws", "JWT"
	claims := map[string]string{"tenant": server.DefaultTenant, "name": "a", "version": "1.0.0"}
	signs := func(keys *server.Signing, kind, digest string) string {
		claims["sha256"] = digest
		text, err := keys.Sign(t.Context(), kind, claims)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	ours, theirs := &server.Signing{Store: s}, &server.Signing{Store: openSQLite(t)}
	for name, test := range map[string]struct {
		change func(*server.PublishedSet)
		sound  bool
	}{
		"nothing":                    {func(*server.PublishedSet) {}, true},
		"a byte of the archive":      {func(p *server.PublishedSet) { p.Source[len(p.Source)/2] ^= 1 }, false},
		"a byte of what is read":     {func(p *server.PublishedSet) { p.Source[512+8] ^= 0x20 }, false},
		"archive and digest":         {func(p *server.PublishedSet) { p.Source, p.Digest = b.Source, b.Digest }, false},
		"another set, signature too": {func(p *server.PublishedSet) { p.Source, p.Digest, p.Signature = b.Source, b.Digest, b.Signature }, false},
		"no signature":               {func(p *server.PublishedSet) { p.Signature = "" }, false},
		"a byte of the signature":    {func(p *server.PublishedSet) { p.Signature = altered(p.Signature, len(p.Signature)-10) }, false},
		"a byte of the claims":       {func(p *server.PublishedSet) { p.Signature = altered(p.Signature, strings.Index(p.Signature, ".")+9) }, false},
		"no algorithm": {func(p *server.PublishedSet) {
			p.Signature = "eyJhbGciOiJub25lIn0" + p.Signature[strings.Index(p.Signature, "."):]
		}, false},
		"our signature of another kind": {func(p *server.PublishedSet) { p.Signature = signs(ours, metadata, p.Digest) }, false},
		"our signature":                 {func(p *server.PublishedSet) { p.Signature = signs(ours, other, p.Digest) }, true},
		"another server's":              {func(p *server.PublishedSet) { p.Signature = signs(theirs, other, p.Digest) }, false},
	} {
		h := build(t, s, func(c *server.Config) {
			c.PolicySets = &server.PolicySets{Store: changing{s, test.change}, Signing: c.Signing}
		})
		h.tokens = one.tokens
		if err := h.sets.Load(t.Context()); err != nil {
			t.Fatal(err)
		}
		answer := string(h.ask("evaluation", aliceReads).body)
		if sound := answer == `{"decision":true}`; sound != test.sound || !sound && !strings.Contains(answer, authz.Failed) {
			t.Errorf("%s: %s", name, answer)
		}
		if !test.sound {
			h.wants(name+", activated", h.activate("1", "a", "1.0.0"), http.StatusConflict, "policy-set-signature")
		}
	}
}

// altered changes one character of a base64url text.
func altered(text string, at int) string {
	with := "A"
	if text[at] == 'A' {
		with = "B"
	}
	return text[:at] + with + text[at+1:]
}

// A set that a retired key signed is used on, though others are not given that
// key any more; and one signed by a key that another process just added.
func TestPolicySetOutlivesItsKey(t *testing.T) {
	t.Parallel()
	s := openSQLite(t)
	one, other := build(t, s), build(t, s)
	for _, role := range server.Roles {
		one.tokens[role] = one.client(server.DefaultTenant, string(role), role)
	}
	other.tokens = one.tokens
	one.answeredBy("certification")
	if err := one.sets.Signing.Rotate(t.Context()); err != nil {
		t.Fatal(err)
	}
	other.clock.move(60 * 24 * time.Hour)
	if keys := other.keys(); len(keys) != 1 {
		t.Errorf("%d keys are served", len(keys))
	}
	if err := other.sets.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	if a := other.ask("evaluation", aliceReads); string(a.body) != `{"decision":true}` {
		t.Errorf("by a retired key: %s", a.body)
	}
}

// What could not be read once is read again.
func TestPolicySetIsReadAgain(t *testing.T) {
	t.Parallel()
	s := openSQLite(t)
	one, other := build(t, s), build(t, s)
	for _, role := range server.Roles {
		one.tokens[role] = one.client(server.DefaultTenant, string(role), role)
	}
	other.tokens = one.tokens
	one.answeredBy("certification")
	other.sets.Store = unreadable{s}
	for _, step := range []struct {
		store server.PolicySetStore
		want  string
	}{{unreadable{s}, `{"decision":false`}, {s, `{"decision":true}`}} {
		other.sets.Store = step.store
		if err := other.sets.Load(t.Context()); err != nil {
			t.Fatal(err)
		}
		if a := other.ask("evaluation", aliceReads); !strings.HasPrefix(string(a.body), step.want) {
			t.Errorf("%s, want %s", a.body, step.want)
		}
	}
}

type unreadable struct{ server.PolicySetStore }

func (unreadable) PolicySet(context.Context, string, string, string) (*server.PublishedSet, error) {
	return nil, context.DeadlineExceeded
}
