package server

import (
	"context"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// Prove proves drafts, for [Stock] to publish in many houses.
func Prove(ctx context.Context, drafts ...Draft) ([]*Published, error) {
	proved := make([]*Published, len(drafts))
	for i, d := range drafts {
		var err error
		if proved[i], err = prove(ctx, d); err != nil {
			return nil, err
		}
	}
	return proved, nil
}

// Stock publishes what was proved, as Publish does drafts.
func Stock(ctx context.Context, k *Catalogue, proved []*Published) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, p := range proved {
		own := *p
		own.PublishedAt = k.Now().UTC()
		if _, err := k.Store.Publish(ctx, &own); err != nil {
			return err
		}
	}
	return k.load(ctx)
}

// A RouteOf is what tests see of a route.
type RouteOf struct {
	Method, Path string
	Open         bool
	Roles        []Role
}

// Routes lists the routes.
func Routes(s *Server) (list []RouteOf) {
	for _, r := range s.routes() {
		list = append(list, RouteOf{r.method, r.path, len(r.door) == 0, r.door})
	}
	return list
}

// PatientKeysFrom are keys of an https address that wait for it as long as it
// takes.
func PatientKeysFrom(address, caFile string) (*Keys, error) {
	k, err := KeysFrom("", address, caFile, nil)
	if err == nil {
		k.limit = time.Hour
	}
	return k, err
}

// MaxWaits is how many calls of one client may wait at once.
const MaxWaits = maxWaits

// Drain begins to stop.
func Drain(s *Server) { s.drain() }

func TestAccepted(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ header, want string }{
		{"", "application/json"},
		{"*/*", "application/json"},
		{"application/yaml", "application/yaml"},
		{"application/json;q=0.5, application/yaml", "application/yaml"},
		{"application/*;q=0.1, text/html", "application/json"},
		{"application/json;q=0, */*", "application/yaml"},
		{"text/html", ""},
		{"application/json;q=x", ""},
		{";;;", ""},
	} {
		if got := accepted(test.header, "application/json", "application/yaml"); got != test.want {
			t.Errorf("Accept %q: %q, want %q", test.header, got, test.want)
		}
	}
}

func TestOrigin(t *testing.T) {
	t.Parallel()
	for remote, want := range map[string]string{
		"192.0.2.1:99":           "192.0.2.1/32",
		"[::ffff:192.0.2.1]:99":  "192.0.2.1/32",
		"[2001:db8:1:2:3::4]:99": "2001:db8:1:2::/64",
		"[fe80::1%eth0]:99":      "fe80::/64",
		"@":                      "invalid Prefix",
	} {
		if got := network(addressOf(remote)).String(); got != want {
			t.Errorf("%s counts as %s, want %s", remote, got, want)
		}
	}
}

// HoldReaders takes every turn to compile for who reads schemas and bundles.
// What comes back gives them back; it may be called again.
func HoldReaders(k *Catalogue) (release func()) {
	var all []func()
	for range runtime.GOMAXPROCS(0) {
		done, err := k.reading.take(context.Background())
		if err != nil {
			panic(err)
		}
		all = append(all, done)
	}
	return sync.OnceFunc(func() {
		for _, done := range all {
			done()
		}
	})
}

// Publishing counts the turns to compile that publications hold.
func Publishing(k *Catalogue, p *PolicySets) int { return len(k.proving.free) + len(p.compiling.free) }

// BundlesHeld is how many served bundles are held.
func (s *Server) BundlesHeld() int {
	s.edge.mu.Lock()
	defer s.edge.mu.Unlock()
	return len(s.edge.made)
}

// Offer publishes a draft as a call of its author's does.
func Offer(ctx context.Context, k *Catalogue, d Draft) error {
	_, _, err := k.offer(ctx, d, false)
	return err
}

// A WalletOperation is one that a session may ask for.
type WalletOperation struct {
	Method, Path, Action string
	Strong               bool // needs the password again
}

// WalletOperations are all of them.
func WalletOperations() (out []WalletOperation) {
	for _, o := range operations {
		out = append(out, WalletOperation{o.method, "/" + strings.Join(o.parts, "/"), o.action, strong[o.action]})
	}
	return out
}

// AdminOperations are all that an administrator may ask for of a wallet.
func AdminOperations() (out []WalletOperation) {
	for _, o := range adminOperations {
		out = append(out, WalletOperation{o.method, adminBase + o.path, o.action, false})
	}
	return out
}

// Impatient has nobody wait for a bundle that is being made.
func Impatient(s *Server) { s.edge.patience = time.Nanosecond }

// MaxCandidates and MaxPage bound a search, MaxEvaluations a batch.
const (
	MaxCandidates  = maxCandidates
	MaxPage        = maxPage
	MaxEvaluations = maxEvaluations
)

// Preferred is how long a caller may wait who prefers what a header says.
func Preferred(header string) time.Duration { return preferred(header) }

// Proxiable reports whether a proxy can be let do what an action is.
func Proxiable(action string) bool { return proxiable[action] }
