package status

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/procura-dev/procura/verifier/did"
	"github.com/procura-dev/procura/verifier/proof"
	"github.com/procura-dev/procura/verifier/vc"
)

// A List is a status list as its host served it. Nothing of it holds before
// [List.Read] has found so. It is safe for concurrent use.
type List struct {
	said       // nobody has proved it
	credential *vc.Credential
	token      *vc.JWT
	grew       func(l *List, bytes int) // is told how large values are; nil: nobody
	counted    int                      // what it was told; of the one whom it tells

	proving sync.Mutex
	proved  *proof.Issued // nil: not yet, or its key must be looked up each time

	mu      sync.Mutex
	held    *proof.Issued // when it was last checked; nil: it did not hold, or each checks it
	refuted bool          // the last time its proof was checked, it did not hold
	shown   time.Time     // when it was signed, once its proof was seen to hold
	before  *List         // the one that it takes the place of, unless it is older; nil: none

	once   sync.Once
	values []byte // decompressed
	wrong  error  // why they could not be
}

// said is what a list says of itself.
type said struct {
	kind       string // of the entries that it serves
	url        string // id, or sub
	issuer     string
	purposes   []string
	encoded    string
	size       int       // bits of a value; 0: the entry says
	signedAt   time.Time // iat, created, or since when it is valid; zero: not stated
	validFrom  time.Time // zero: not stated
	validUntil time.Time // exclusive; zero: not stated
	ttl        time.Duration
	revokedAt  map[string]any // index → since when its value stands; nil: not stated
}

// A Reading is what a list whose proof holds says of one entry.
type Reading struct {
	Value      int
	Issuer     string    // of the list
	SignedAt   time.Time // zero: not stated
	ValidFrom  time.Time // zero: not stated
	RevokedAt  time.Time // of a value that revokes: from when on; zero: not stated
	ValidUntil time.Time // exclusive: of the list, its proof, or what is known of its key; zero: not stated
}

// Terms are those on which a list is read.
type Terms struct {
	Proofs *proof.Verifier
	// MayPublish reports whether a list by an issuer could count. It is asked
	// before the issuer's key is looked up. Its error is returned as it is.
	MayPublish func(ctx context.Context, issuer string) (bool, error)
}

// Read finds what a list says of an entry, which must name it. A *vc.Refusal says
// why that is not known.
func (l *List) Read(ctx context.Context, e Entry, t Terms) (Reading, error) {
	if l.url != e.List || l.kind != e.Kind {
		return Reading{}, refuse(Invalid, "what lies at the address is not the list that is named")
	}
	if ok, err := t.MayPublish(ctx, l.issuer); err != nil {
		return Reading{}, err
	} else if !ok {
		return Reading{}, refuse(Refused, "the list is by neither the credential's issuer nor one whom the framework lists")
	}
	issued, err := l.prove(ctx, t.Proofs)
	if err != nil {
		return Reading{}, asInvalid(err)
	}
	if newer := l.superseded(issued.SignedAt); newer != nil {
		return newer.Read(ctx, e, t)
	}
	if e.Purpose != "" && !slices.Contains(l.purposes, e.Purpose) {
		return Reading{}, refuse(Purpose, "the list is not for the purpose that the credential names")
	}
	out := Reading{Issuer: issued.Issuer, SignedAt: issued.SignedAt, ValidFrom: l.validFrom, ValidUntil: earliest(l.validUntil, issued.ExpiresAt)}
	if out.Value, err = l.value(e); out.Value != 0 && e.Purpose == "revocation" {
		out.RevokedAt = l.since(e.Index)
	}
	return out, err
}

// since is the instant from which on an entry is revoked; zero: the list does not
// say, or nothing that can be read.
func (l *List) since(index uint64) time.Time {
	text, _ := l.revokedAt[strconv.FormatUint(index, 10)].(string)
	at, ok := vc.Instant(text)
	if !ok {
		return time.Time{}
	}
	return at
}

// asInvalid tells why a list's proof does not hold under one code: whose fault it
// is, the codes of credentials would tell wrongly.
func asInvalid(err error) error {
	if r, ok := errors.AsType[*vc.Refusal](err); ok {
		return refuse(Invalid, "the status list: %s (%s)", r.Message, r.Code)
	}
	return err
}

// earliest is the earlier of two instants, of which either may be absent.
func earliest(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// prove checks the proof: once, where the key stands in its own name. Any other
// may be another by now, and is looked up by each who asks, beside the others.
func (l *List) prove(ctx context.Context, v *proof.Verifier) (*proof.Issued, error) {
	if did.IsWeb(l.issuer) {
		if held := l.again(ctx, v); held != nil {
			return held, nil
		}
		return l.check(ctx, v)
	}
	l.proving.Lock()
	defer l.proving.Unlock()
	if l.proved == nil {
		issued, err := l.check(ctx, v)
		if err != nil {
			return nil, err
		}
		l.proved = issued
	}
	return l.proved, nil
}

// again is a proof that held before, by the one key that its method still names;
// nil: it must be checked, and who checks says what is wrong.
func (l *List) again(ctx context.Context, v *proof.Verifier) *proof.Issued {
	l.mu.Lock()
	was := l.held
	l.mu.Unlock()
	if was == nil {
		return nil
	}
	key, err := v.DIDs.Resolve(ctx, l.method(), did.Assertion)
	if err != nil || key.Controller != was.Issuer || key.Thumbprint() != was.Key || key.Life == 0 {
		return nil
	}
	now := *was
	now.ExpiresAt = v.Now().Add(key.Life).UTC()
	return &now
}

// method names the key of a list that has one proof, whose end is the list's own;
// empty: of another.
func (l *List) method() string {
	if l.token != nil {
		kid, _ := l.token.Header["kid"].(string)
		return kid
	}
	if l.credential.JWT != nil {
		kid, _ := l.credential.JWT.Header["kid"].(string)
		return kid
	}
	one, _ := l.credential.Doc["proof"].(map[string]any)
	if _, ends := one["expires"]; ends {
		return ""
	}
	method, _ := one["verificationMethod"].(string)
	return method
}

// check leaves out what belongs to the document that named the list: contexts
// of frameworks, who may issue credentials, and how much work it may be.
func (l *List) check(ctx context.Context, v *proof.Verifier) (*proof.Issued, error) {
	own := *v
	own.Contexts, own.Cache, own.MayIssue, own.Work = nil, nil, nil, nil
	issued, err := l.signed(ctx, &own)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.held = nil
	if l.refuted = err != nil; l.refuted {
		return nil, err
	}
	if issued.SignedAt.IsZero() {
		issued.SignedAt = l.signedAt
	}
	l.shown = issued.SignedAt
	if l.method() != "" && v.Now != nil {
		l.held = &issued
	}
	return &issued, nil
}

func (l *List) signed(ctx context.Context, v *proof.Verifier) (proof.Issued, error) {
	if l.token != nil {
		return v.StatusToken(ctx, l.token)
	}
	return v.General(ctx, l.credential, proof.Terms{})
}

// superseded is the list that was there before, where it was signed later: who
// serves an old list again takes nothing back. One that is not needed is dropped.
func (l *List) superseded(signed time.Time) *List {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.before != nil && !l.before.lastShown().After(signed) {
		l.before = nil
	}
	return l.before
}

func (l *List) isRefuted() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.refuted
}

func (l *List) lastShown() time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.shown
}

// follow puts l in the place of a list: behind the one of it and its own before
// that was signed last, as far as is known.
func (l *List) follow(old *List) {
	if old == nil {
		return
	}
	old.mu.Lock()
	defer old.mu.Unlock()
	if l.before = old; old.before != nil && (old.shown.IsZero() || old.before.lastShown().After(old.shown)) {
		l.before = old.before
	}
}

// minEntries is how many a bitstring has at the least, for the holders' privacy
// (Bitstring Status List v1.0, "Validate Algorithm"; StatusList2021 alike).
const minEntries = 131_072

func (l *List) value(e Entry) (int, error) {
	values, err := l.expanded()
	if err != nil {
		return 0, refuse(Invalid, "the status list cannot be decompressed: %v", err)
	}
	if l.kind == Token {
		if v, ok := rightmost(values, e.Index, l.size); ok {
			return v, nil
		}
		return 0, refuse(Range, "the index lies beyond the end of the list")
	}
	switch v, ok := leftmost(values, e.Index, e.Size); {
	case l.size != 0 && l.size != e.Size:
		return 0, refuse(Purpose, "the list is not of the size that the credential names")
	case 8*len(values)/e.Size < minEntries:
		return 0, refuse(Short, "the list has fewer than %d entries", minEntries)
	case !ok:
		return 0, refuse(Range, "the index lies beyond the end of the list")
	default:
		return v, nil
	}
}

// expanded are the values of a list whose proof holds, decompressed once.
func (l *List) expanded() ([]byte, error) {
	l.once.Do(func() {
		l.values, l.wrong = expanders[l.kind](l.encoded)
		if l.grew != nil {
			l.grew(l, len(l.values))
		}
	})
	return l.values, l.wrong
}

var expanders = map[string]func(string) ([]byte, error){Bitstring: bitstring, List2021: bitstring2021, Token: tokenValues}
