// Package verifier takes proxy challenges (Aries RFC 0103, "Proxy Challenge"):
// it opens them, takes the presentations that answer them, and decides.
//
// It does what needs keys and clocks; what a trust framework says is decided
// by its policy (package policies), over facts.
package verifier

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"sync"
	"sync/atomic"
	"time"

	"github.com/procura-dev/procura/policies"
	"github.com/procura-dev/procura/policies/facts"
	"github.com/procura-dev/procura/verifier/did"
	"github.com/procura-dev/procura/verifier/proof"
	"github.com/procura-dev/procura/verifier/status"
	"github.com/procura-dev/procura/verifier/timestamp"
)

// A Config is what a Verifier needs.
type Config struct {
	Store       Store
	DIDs        *did.Resolver
	StatusLists *status.Lists    // nil: none is fetched
	Key         [32]byte         // keys digests and marks our nonces; never stored
	Now         func() time.Time // nil: time.Now
	Offline     *Offline         // nil: there is a network

	// TimestampRoots are the time-stamp authorities whose tokens show since when a
	// credential is signed; nil: none does.
	TimestampRoots *timestamp.Roots

	Signatures *proof.Signatures // of credentials, that held; nil: each is verified every time

	// Decided is told of each decision that was committed; nil: nobody is. It
	// must not change the decision.
	Decided func(d *policies.Decision)

	// Begin is told of each step that begins, and what it returns of how that
	// ended; nil: nobody is. The step has the context that it returns.
	Begin func(context.Context, Step) (context.Context, func(Ending))
}

// An Offline says that the operator started the process without a network
// (semantics 7): DIDs and StatusLists have then what lies in a pack, or nothing.
type Offline struct {
	PackedAt time.Time // when the pack was signed; zero: there is none
}

// facts is what the policy is told of it.
func (o *Offline) facts() *facts.Offline {
	if o == nil {
		return nil
	}
	return &facts.Offline{PackedAt: some(o.PackedAt)}
}

// A Verifier decides. It is safe for concurrent use.
type Verifier struct {
	cfg       Config
	libraries atomic.Pointer[map[string]*Library] // by tenant
	heard     atomic.Pointer[time.Time]           // when there was no withdrawal that these do not tell of; nil: always now
	waiters   waiters
	queues    queues             // of decisions that count uses
	contexts  proof.ContextCache // that credentials were read under
	macs      sync.Pool          // of hash.Hash: HMAC-SHA-256 under the key, which takes as long to set up as to use
}

// New makes a Verifier without frameworks; [Verifier.Publish] gives it some.
func New(cfg Config) *Verifier {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	v := &Verifier{cfg: cfg}
	v.macs.New = func() any { return hmac.New(sha256.New, v.cfg.Key[:]) }
	v.libraries.Store(&map[string]*Library{})
	v.queues.open()
	return v
}

// Everyone is where [Verifier.Publish] finds the frameworks of tenants that
// have none of their own. No tenant has this name.
const Everyone = ""

// Publish swaps in the frameworks of every tenant. Decisions that began keep theirs.
func (v *Verifier) Publish(libraries map[string]*Library) {
	v.libraries.Store(&libraries)
}

// Hear says that at an instant there was no withdrawal that the frameworks in place
// do not tell of. Who never says so hears of them at once: a command that is given
// its frameworks.
func (v *Verifier) Hear(at time.Time) {
	at = at.UTC()
	v.heard.Store(&at)
}

// Heard is the instant of which [Verifier.Hear] was told last, or now.
func (v *Verifier) Heard() time.Time { return v.heardBy(v.cfg.Now()) }

// heardBy is when a decision's withdrawals were heard of: not after it began, and
// not after the pack from which they are.
func (v *Verifier) heardBy(now time.Time) time.Time {
	heard := now.UTC()
	if at := v.heard.Load(); at != nil && at.Before(heard) {
		heard = *at
	}
	if o := v.cfg.Offline; o != nil && !o.PackedAt.IsZero() && o.PackedAt.Before(heard) {
		heard = o.PackedAt.UTC()
	}
	return heard
}

// Library returns a tenant's frameworks; never nil.
func (v *Verifier) Library(tenant string) *Library {
	libraries := *v.libraries.Load()
	if l := libraries[tenant]; l != nil && tenant != Everyone {
		return l
	}
	if l := libraries[Everyone]; l != nil && tenant != "" {
		return l
	}
	return &Library{}
}

// lookups are the facts that a decision takes from outside what was presented.
type lookups struct {
	registries func(ctx context.Context, dids []string) (map[string][]string, error)
	triggers   func(ctx context.Context, credentials []string) ([]Trigger, error)
}

func (v *Verifier) lookups(tenant string) lookups {
	return lookups{
		registries: func(ctx context.Context, dids []string) (map[string][]string, error) {
			return v.cfg.Store.Registries(ctx, tenant, dids)
		},
		triggers: func(ctx context.Context, credentials []string) ([]Trigger, error) {
			return v.cfg.Store.Triggers(ctx, tenant, credentials)
		},
	}
}

// newID returns 32 hex characters: 6 bytes of the time, in milliseconds, so
// that a store adds what is new at the end of its index; then 10 random ones.
func newID() string {
	var b [16]byte
	rand.Read(b[:]) // never fails (crypto/rand)
	binary.BigEndian.PutUint64(b[:8], uint64(time.Now().UnixMilli())<<16|uint64(b[6])<<8|uint64(b[7]))
	return hex.EncodeToString(b[:])
}
