package storetest

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/procura-dev/procura/server"
	"github.com/procura-dev/procura/trustframeworks"
	"github.com/procura-dev/procura/verifier"
)

func registries(t *testing.T, db Database) {
	s := open(t, db)
	must(t, s.PutRegistry(t.Context(), tenant, "issuers", []string{"did:example:b", "did:example:a", "did:example:b"}))
	must(t, s.PutRegistry(t.Context(), tenant, "attesters", []string{"did:example:a"}))
	must(t, s.PutRegistry(t.Context(), other, "theirs", []string{"did:example:a"}))
	list, err := s.Registry(t.Context(), tenant, "issuers")
	must(t, err)
	same(t, "list", list, []string{"did:example:a", "did:example:b"})
	names, err := s.Registries(t.Context(), tenant, []string{"did:example:a", "did:example:b", "did:example:c", "did:example:A"})
	must(t, err)
	same(t, "names", names, map[string][]string{"did:example:a": {"attesters", "issuers"}, "did:example:b": {"issuers"}})

	must(t, s.PutRegistry(t.Context(), tenant, "issuers", nil))
	list, err = s.Registry(t.Context(), tenant, "issuers")
	must(t, err)
	same(t, "emptied list", list, []string{})
	list, err = s.Registry(t.Context(), tenant, "missing")
	must(t, err)
	same(t, "missing list", list, []string{})
	names, err = s.Registries(t.Context(), tenant, nil)
	must(t, err)
	same(t, "names of nobody", names, map[string][]string{})
}

func registriesAtOnce(t *testing.T, db Database) {
	stores := []Store{open(t, db), open(t, db)}
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			dids := []string{fmt.Sprintf("did:example:%d:a", i), fmt.Sprintf("did:example:%d:b", i), "did:example:shared"}
			if err := stores[i%2].PutRegistry(t.Context(), tenant, "issuers", dids); err != nil {
				t.Errorf("replacing: %v", err)
			}
			got, err := stores[i%2].Registry(t.Context(), tenant, "issuers")
			if err != nil || len(got) != 3 {
				t.Errorf("a reader saw %v (%v), want one whole list", got, err)
			}
		})
	}
	wg.Wait()
}

func registryLarge(t *testing.T, db Database) {
	s := open(t, db)
	dids := make([]string, 100_000)
	for i := range dids {
		dids[i] = fmt.Sprintf("did:example:%06d", i)
	}
	must(t, s.PutRegistry(t.Context(), tenant, "large", dids))
	got, err := s.Registry(t.Context(), tenant, "large")
	must(t, err)
	if !slices.Equal(got, dids) {
		t.Errorf("%d DIDs came back, want the %d that were put", len(got), len(dids))
	}
	names, err := s.Registries(t.Context(), tenant, dids[:64])
	must(t, err)
	if len(names) != 64 {
		t.Errorf("%d of 64 DIDs were found", len(names))
	}
}

func newClient(name string, role server.Role) *server.Client {
	return &server.Client{
		ID: id(), Tenant: tenant, Name: name, Role: role, Domains: []string{"camp.example", "b.example"},
		Token: server.NewToken().Digest(), CreatedAt: noon,
	}
}

func clients(t *testing.T, db Database) {
	s := open(t, db)
	b, a := newClient("b", server.RoleVerifier), newClient("a", server.RoleAdmin)
	a.Domains = []string{}
	theirs := newClient("b", server.RoleAuthor)
	theirs.Tenant = other
	theirs.Token, theirs.Certificate = server.TokenDigest{}, server.KeyDigest{5}
	for _, c := range []*server.Client{b, a, theirs} {
		must(t, s.AddClient(t.Context(), c))
		got, err := s.ClientByToken(t.Context(), c.Token)
		if c == theirs {
			wants(t, "a client without a token by none", err, server.ErrUnknownClient)
			got, err = s.ClientByCertificate(t.Context(), c.Certificate)
		}
		must(t, err)
		same(t, "client", got, c)
	}
	_, err := s.ClientByCertificate(t.Context(), server.KeyDigest{})
	wants(t, "clients without a certificate by none", err, server.ErrUnknownClient)
	again := newClient("c", server.RoleAuthor)
	again.Certificate = theirs.Certificate
	wants(t, "a second of one certificate", s.AddClient(t.Context(), again), server.ErrClientExists)
	wants(t, "a second of one name", s.AddClient(t.Context(), newClient("b", server.RoleAdmin)), server.ErrClientExists)
	list, err := s.ListClients(t.Context(), tenant)
	must(t, err)
	same(t, "list", list, []server.Client{*a, *b})
	_, err = s.ClientByToken(t.Context(), server.NewToken().Digest())
	wants(t, "a token that is nobody's", err, server.ErrUnknownClient)

	wants(t, "removing another tenant's", s.RemoveClient(t.Context(), other, b.ID), server.ErrUnknownClient)
	must(t, s.RemoveClient(t.Context(), tenant, b.ID))
	_, err = s.ClientByToken(t.Context(), b.Token)
	wants(t, "a removed client's token", err, server.ErrUnknownClient)
	wants(t, "removing it again", s.RemoveClient(t.Context(), tenant, b.ID), server.ErrUnknownClient)
}

func firstAdmin(t *testing.T, db Database) {
	stores := []Store{open(t, db), open(t, db)}
	var first atomic.Int32
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			added, err := stores[i%2].AddFirstAdmin(t.Context(), newClient("admin", server.RoleAdmin))
			if err != nil {
				t.Errorf("adding: %v", err)
			}
			if added {
				first.Add(1)
			}
		})
	}
	wg.Wait()
	list, err := stores[0].ListClients(t.Context(), tenant)
	must(t, err)
	if first.Load() != 1 || len(list) != 1 {
		t.Fatalf("%d were told that they are first, and %d are there; want 1 and 1", first.Load(), len(list))
	}
	must(t, stores[0].RemoveClient(t.Context(), tenant, list[0].ID))
	added, err := stores[0].AddFirstAdmin(t.Context(), newClient("admin", server.RoleAdmin))
	must(t, err)
	if added {
		t.Error("a first admin was made after one had been")
	}
}

func newFramework(name, version string) *server.Published {
	return &server.Published{
		Tenant: tenant, Name: name, Folded: "folded " + name, Version: version, URI: "https://camp.example/" + name, Digest: "0123",
		MediaType: "application/yaml", Source: []byte("name: " + name + " " + version), Owner: "author", Public: true, PublishedAt: noon,
		Outline: server.Outline{SourceDigest: "4567", ContextURL: "https://camp.example/" + name + "/context", Context: []byte{0xff, 0}, Permissions: []string{"a"}, Variants: []verifier.ReleaseVariant{{Name: "B", Type: "Proxy.G/x/1.0.0/B", IRI: "https://x/#B"}},
			Listed: []trustframeworks.ListedContext{{URI: "https://people.example/v1", SHA256: "89ab", Document: map[string]any{"@context": map[string]any{"@protected": true}}}},
		},
	}
}

func frameworks(t *testing.T, db Database) {
	s := open(t, db)
	first := newFramework("Zamp", "1.0.0")
	second := newFramework("Camp", "1.0.0")
	second.Public = false
	third := newFramework("Zamp", "1.1.0")
	changed, owner, uri, theirs, digest, context := *first, *first, *first, *first, *first, *newFramework("Dump", "1.0.0")
	changed.Source = []byte("other")
	owner.Owner, owner.Version = "someone", "2.0.0"
	uri.Folded, uri.Name = "folded other", "other"
	theirs.Tenant, theirs.Owner = other, "someone"
	digest.Digest, digest.Outline.Context = "a later compiler's", []byte("its terms")
	context.Outline.ContextURL, context.Outline.Context = first.Outline.ContextURL, []byte("other terms")
	for _, step := range []struct {
		name  string
		p     *server.Published
		fresh bool
		want  error
	}{
		{"first", first, true, nil},
		{"second", second, true, nil},
		{"first again", first, false, nil},
		{"first again, compiled anew", &digest, false, nil},
		{"another version", third, true, nil},
		{"other content", &changed, false, server.ErrFrameworkChanged},
		{"another owner", &owner, false, server.ErrFrameworkOwner},
		{"a uri that is taken", &uri, false, server.ErrFrameworkURI},
		{"another context at an address that is taken", &context, false, server.ErrFrameworkURI},
		{"another tenant", &theirs, true, nil},
	} {
		fresh, err := s.Publish(t.Context(), step.p)
		wants(t, step.name, err, step.want)
		if fresh != step.fresh {
			t.Errorf("%s: new %v, want %v", step.name, fresh, step.fresh)
		}
	}
	wantsPublished(t, s, *first, *second, *third, theirs)
	uri.URI, uri.Source = "https://camp.example/other", []byte("a refused uri leaves its name free")
	uri.Owner = "someone"
	if _, err := s.Publish(t.Context(), &uri); err != nil {
		t.Errorf("a name whose publishing was refused is taken: %v", err)
	}
}

// wantsPublished holds the list, in its order and without sources, and each source.
func wantsPublished(t *testing.T, s Store, want ...server.Published) {
	t.Helper()
	got, err := s.PublishedSince(t.Context(), 0)
	must(t, err)
	for i := range got {
		got[i].Seq, got[i].Revision = 0, 0
	}
	for i := range want {
		source, err := s.PublishedSource(t.Context(), want[i].Tenant, want[i].Folded, want[i].Version)
		must(t, err)
		same(t, "source", source, want[i].Source)
		want[i].Source = nil
	}
	same(t, "published", got, want)
	_, err = s.PublishedSource(t.Context(), "nobody", want[0].Folded, want[0].Version)
	wants(t, "another tenant's source", err, server.ErrUnknownFramework)
	_, err = s.PublishedSource(t.Context(), want[0].Tenant, "\x00", "\xff")
	wants(t, "the source of what no row can hold", err, server.ErrUnknownFramework)
}

// Of many names that are published at once with one address for contexts that
// differ, through two processes, one is published; with one context, all are.
func contextsAtOnce(t *testing.T, db Database) {
	stores := []Store{open(t, db), open(t, db)}
	publish := func(name, url, terms string, i int) error {
		p := newFramework(fmt.Sprintf("%s %d", name, i), "1.0.0")
		p.Outline.ContextURL, p.Outline.Context = url, []byte(terms)
		_, err := stores[i%2].Publish(t.Context(), p)
		return err
	}
	var taken, refused atomic.Int32
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			switch err := publish("Own", "https://camp.example/own", fmt.Sprint("terms ", i), i); {
			case errors.Is(err, server.ErrFrameworkURI):
				refused.Add(1)
			case err != nil:
				t.Errorf("publishing: %v", err)
			default:
				taken.Add(1)
			}
			if err := publish("Common", "https://camp.example/common", "terms", i); err != nil {
				t.Errorf("publishing with a common context: %v", err)
			}
		})
	}
	wg.Wait()
	if taken.Load() != 1 || refused.Load() != 7 {
		t.Errorf("of 8 contexts at one address %d are published and %d refused, want 1 and 7", taken.Load(), refused.Load())
	}
}

func frameworksAtOnce(t *testing.T, db Database) {
	stores := []Store{open(t, db), open(t, db)}
	var fresh, refused atomic.Int32
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			p := newFramework("Camp", "1.0.0")
			p.Source = fmt.Appendf(nil, "content %d", i%4)
			switch added, err := stores[i%2].Publish(t.Context(), p); {
			case errors.Is(err, server.ErrFrameworkChanged):
				refused.Add(1)
			case err != nil:
				t.Errorf("publishing: %v", err)
			case added:
				fresh.Add(1)
			}
		})
	}
	wg.Wait()
	if fresh.Load() != 1 || refused.Load() != 6 {
		t.Errorf("of 4 contents, each twice, %d were published and %d calls refused; want 1 and 6", fresh.Load(), refused.Load())
	}
}

func tenantsApart(t *testing.T, db Database) {
	s := open(t, db)
	c := opened(t, s, newPresentation("one"))
	d := newDecision(c, false)
	must(t, s.CommitDecision(t.Context(), d))
	_, err := s.Challenge(t.Context(), other, c.ID)
	wants(t, "another tenant's challenge", err, verifier.ErrUnknownChallenge)
	_, err = s.Progress(t.Context(), other, c.ID)
	wants(t, "how far another tenant's challenge is", err, verifier.ErrUnknownChallenge)
	err = s.Change(t.Context(), other, c.ID, func(*verifier.Challenge) (bool, error) { panic("not reached") })
	wants(t, "changing another tenant's challenge", err, verifier.ErrUnknownChallenge)
	_, err = s.Decision(t.Context(), other, d.ID)
	wants(t, "another tenant's decision", err, verifier.ErrUnknownDecision)
	must(t, s.PutRegistry(t.Context(), tenant, "issuers", []string{"did:example:a"}))
	must(t, s.PutRegistry(t.Context(), other, "issuers", nil))
	names, err := s.Registries(t.Context(), other, []string{"did:example:a"})
	must(t, err)
	same(t, "another tenant's lists", names, map[string][]string{})
	list, err := s.Registry(t.Context(), tenant, "issuers")
	must(t, err)
	same(t, "own list after another tenant emptied its", list, []string{"did:example:a"})
}

// What no row can hold is unknown, not an error.
func strangeNames(t *testing.T, db Database) {
	s := open(t, db)
	for _, name := range []string{"a\x00b", "\xff", "'; --", `{"a"}`, "%", "\n"} {
		_, err := s.Challenge(t.Context(), tenant, name)
		wants(t, "challenge", err, verifier.ErrUnknownChallenge)
		_, err = s.Progress(t.Context(), tenant, name)
		wants(t, "challenge", err, verifier.ErrUnknownChallenge)
		_, err = s.Challenge(t.Context(), name, id())
		wants(t, "challenge of tenant", err, verifier.ErrUnknownChallenge)
		err = s.Change(t.Context(), tenant, name, func(*verifier.Challenge) (bool, error) { panic("not reached") })
		wants(t, "change", err, verifier.ErrUnknownChallenge)
		_, err = s.Decision(t.Context(), tenant, name)
		wants(t, "decision", err, verifier.ErrUnknownDecision)
		wants(t, "client", s.RemoveClient(t.Context(), tenant, name), server.ErrUnknownClient)
		list, err := s.Registry(t.Context(), tenant, name)
		wants(t, "registry", err, nil)
		same(t, "registry", list, []string{})
		names, err := s.Registries(t.Context(), tenant, []string{name})
		wants(t, "registries", err, nil)
		same(t, "registries", names, map[string][]string{})
		counted, err := s.Uses(t.Context(), name, [32]byte{}, nil)
		wants(t, "uses", err, nil)
		same(t, "uses", counted, verifier.Uses{Since: []int64{}})
		filed, err := s.Triggers(t.Context(), tenant, []string{name})
		wants(t, "triggers", err, nil)
		if len(filed) != 0 {
			t.Errorf("triggers of %q: %v, want none", name, filed)
		}
	}
}
