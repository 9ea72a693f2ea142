package server_test

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/procura-dev/procura/server"
)

// A moody store gives sources only while it is well, and counts them.
type moody struct {
	store
	ill    atomic.Bool
	source []byte // instead of what it holds; nil: that
	asked  atomic.Int32
}

func (m *moody) PublishedSource(ctx context.Context, tenant, folded, version string) ([]byte, error) {
	m.asked.Add(1)
	if m.ill.Load() {
		return nil, errors.New("the disk is away")
	}
	if m.source != nil {
		return m.source, nil
	}
	return m.store.PublishedSource(ctx, tenant, folded, version)
}

// What ships is compiled when it is first decided by, not when a server starts
// on what is published.
func TestFrameworksCompileOnFirstUse(t *testing.T) {
	t.Parallel()
	m := &moody{store: openSQLite(t)}
	s := newStory(t, m, m)
	if got := m.asked.Load(); got != 0 {
		t.Errorf("%d sources were read at the start, want none", got)
	}
	path, nonce := s.ask("school")
	if got := m.asked.Load(); got != 0 {
		t.Errorf("%d sources were read to open a challenge, want none", got)
	}
	s.wants("the first decision", s.answer(0, path, s.present(s.amina, nonce, s.credential(s.amina))), "permit")
	path, nonce = s.ask("school")
	s.wants("the second decision", s.answer(0, path, s.present(s.amina, nonce, s.credential(s.amina))), "permit")
	if got := m.asked.Load(); got != 1 {
		t.Errorf("%d sources were read for two decisions, want 1", got)
	}
}

// A framework that cannot be had, or cannot be compiled, decides nothing: 500,
// and the challenge goes on where it can be had again.
func TestFrameworkThatCannotBeMade(t *testing.T) {
	t.Parallel()
	m := &moody{store: openSQLite(t)}
	s := newStory(t, m, m)
	h := s.houses[0]
	path, nonce := s.ask("school")
	presentation := s.present(s.amina, nonce, s.credential(s.amina))

	m.ill.Store(true)
	h.wants("the store is away", s.answer(0, path, presentation), http.StatusInternalServerError, "about:blank")
	m.ill.Store(false)
	m.source = []byte("name: of a later program")
	h.wants("it does not compile", s.answer(0, path, presentation), http.StatusInternalServerError, "about:blank")
	h.wants("its bundle", h.call("", "GET", campPath+"/1.0.0/bundle.tar.gz", ""), http.StatusInternalServerError, "about:blank")
	if state := h.call(server.RoleVerifier, "GET", path, "").json(t); state["state"] != "open" || state["decision"] != nil {
		t.Errorf("the challenge is %v, want it open and undecided", state)
	}
	m.source = nil
	s.wants("it can be had again", s.answer(0, path, presentation), "permit")
}

// Who sends the first presentation and leaves takes the framework from nobody.
func TestColdFrameworkForManyAtOnce(t *testing.T) {
	t.Parallel()
	m := &moody{store: openSQLite(t)}
	s := newStory(t, m, m)
	first, leave := context.WithCancel(t.Context())
	leave()
	l := s.houses[0].verifier.Library(server.DefaultTenant)
	if f, err := l.Named(camp, "1.0.0").Open(first); f != nil || !errors.Is(err, context.Canceled) {
		t.Errorf("who has left gets %v, %v; want their own end", f, err)
	}
	var wg sync.WaitGroup
	for range 32 {
		wg.Go(func() {
			if f, err := l.Named(camp, "1.0.0").Open(t.Context()); f == nil || err != nil {
				t.Errorf("who waits gets %v, %v", f, err)
			}
		})
	}
	wg.Wait()
	if got := m.asked.Load(); got != 1 {
		t.Errorf("the source was read %d times, want once", got)
	}
}

// What was published before outlines were kept is taken up as it was.
func TestCatalogueWithoutOutlines(t *testing.T) {
	t.Parallel()
	s := openSQLite(t)
	source := campSource(t)
	proved, err := server.Prove(t.Context(), server.Draft{Tenant: "default", Owner: "a", Source: source})
	if err != nil {
		t.Fatal(err)
	}
	old := *proved[0]
	old.Outline = server.Outline{}
	if _, err := s.Publish(t.Context(), &old); err != nil {
		t.Fatal(err)
	}
	k := catalogue(s)
	if n, err := k.Publish(t.Context(), server.Draft{Tenant: "default", Owner: "a", Source: source}); n != 0 || err != nil {
		t.Errorf("the same again: %d (%v), want no change", n, err)
	}
	r := k.Verifier.Library("default").Named(old.Name, old.Version)
	if r == nil || r.ContextURL == "" || !r.HasVariant("ChildGuardian") {
		t.Fatalf("release %v, want an outline made from the source", r)
	}
	if _, err := r.Open(t.Context()); err != nil {
		t.Error(err)
	}
}

// Whoever reads schemas, bundles and documents in another syntax, which is
// anyone, has each version compiled once, however many ask at once, and again.
func TestReadersCompileOnce(t *testing.T) {
	t.Parallel()
	m := &moody{store: openSQLite(t)}
	h := newStory(t, m, m).houses[0]
	path := campPath + "/1.0.0/"
	m.ill.Store(true)
	h.wants("the store is away", h.call("", "GET", path+"schemas/ChildGuardian", ""), http.StatusInternalServerError, "about:blank")
	m.ill.Store(false)
	before := m.asked.Load()
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			h.wants("a schema", h.call("", "GET", path+"schemas/ChildGuardian", ""), http.StatusOK, "")
		})
	}
	wg.Wait()
	h.wants("a bundle", h.call("", "GET", path+"bundle.tar.gz", ""), http.StatusOK, "")
	h.wants("the other syntax", h.call("", "GET", campPath+"/1.0.0", "", "Accept", "application/json"), http.StatusOK, "")
	if n := m.asked.Load() - before; n != 1 {
		t.Errorf("%d sources were read, want 1", n)
	}
}
