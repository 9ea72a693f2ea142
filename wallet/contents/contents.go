// Package contents is what a wallet holds, as its server sees it: partitions and
// items that it cannot read while they are sealed, tags to find them by, and an
// audit entry for each thing that was done, in the transaction that did it.
//
// It does no cryptography but the audit's chain; package keys seals.
package contents

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"slices"
	"time"

	"github.com/procura-dev/procura/wallet/keys"
)

// What can be wrong with what is asked of a wallet.
var (
	ErrSession        = errors.New("there is no such session, or it has ended")
	ErrPartition      = errors.New("there is no such partition")
	ErrItem           = errors.New("there is no such item")
	ErrExists         = errors.New("there is one of this id already")
	ErrTag            = errors.New("there is one of this tag already")
	ErrCollection     = errors.New("there is no such collection")
	ErrCollectionFull = errors.New("there is something in this collection")
	ErrVersion        = errors.New("it was changed meanwhile: another version is expected")
	ErrEpoch          = errors.New("this epoch has ended: seal under the partition's newest")
	ErrKind           = errors.New("this is no type of content")
	ErrFull           = errors.New("the wallet is full")
	ErrMode           = errors.New("this cannot be in the partition's mode")
	ErrKey            = errors.New("this is not the partition's key")
	ErrSealed         = errors.New("the partition is sealed: it must be served and open for this")
	ErrUnlocked       = errors.New("Profile already unlocked") //nolint:staticcheck // as clients of the older wallet know it
	ErrManyOpen       = errors.New("a session can open no more keys")
	ErrMoved          = errors.New("what was read was changed meanwhile") // nothing was done: do it again
)

// The types of content.
const (
	KindCollection = "collection"
	KindCredential = "credential"
	KindResolution = "didResolutionResponse"
	KindMetadata   = "metadata"
	KindConnection = "connection"
	KindKey        = "key"
)

// Kinds are the types of content.
var Kinds = []string{KindCollection, KindCredential, KindResolution, KindMetadata, KindConnection, KindKey}

// The modes of a partition.
const (
	Sealed    = "sealed"    // never open on the server
	Served    = "served"    // open while a session that sent its key lasts
	Custodial = "custodial" // always open: its key is sealed by the server's own
)

// Modes are the modes of a partition.
var Modes = []string{Sealed, Served, Custodial}

// Bounds of a wallet.
const (
	MaxContent    = 1 << 20 // bytes of a sealed content
	MaxTags       = 16      // of an item
	MaxPartitions = 256
	MaxItems      = 100_000 // of an account
	MaxPage       = 500
)

// A Partition is one epoch of it: its key, wrapped.
type Partition struct {
	ID    keys.ID
	Epoch uint64
	Mode  string
	Root  uint64 // generation of the root key that wraps it
	Key   []byte
	Begun time.Time

	Check *keys.Check // of its key; nil: the server was never given it
	Held  *keys.Key   // its key, to add a custodial one; [Store.Held] returns it
	Turn  uint64      // what sessions opened in a turn before is closed
}

// A ModeChange gives a partition a mode, in all its epochs. What any session had
// open of it is closed.
type ModeChange struct {
	Partition keys.ID
	Mode      string
	Epochs    []Partition // Epoch, Check and, where it becomes custodial, Held; none where it becomes sealed
}

// Fits refuses a change that is not of all epochs that there are, or whose keys
// are others than those that were given before.
func (m *ModeChange) Fits(had []Partition) error {
	switch {
	case len(had) == 0:
		return ErrPartition
	case m.Mode == Sealed:
		return nil
	case len(had) != len(m.Epochs):
		return ErrVersion
	}
	known := map[uint64]*keys.Check{}
	for _, p := range had {
		known[p.Epoch] = p.Check
	}
	for _, p := range m.Epochs {
		check, there := known[p.Epoch]
		delete(known, p.Epoch) // of an epoch that is said twice another is missing
		switch {
		case !there:
			return ErrVersion
		case check != nil && *check != *p.Check:
			return ErrKey
		}
	}
	return nil
}

// An Item is one, as its client sealed it.
type Item struct {
	Partition  keys.ID
	ID         keys.ID
	Kind       string
	Epoch      uint64
	Version    uint64
	Sealed     keys.Sealed
	Own        *keys.Tag  // of its own id: unique in the partition; nil: it has none
	Collection *keys.Tag  // the Own of the collection that it is in; nil: none
	Tags       []keys.Tag // what else it is found by
}

// A Change is one thing that an act does: exactly one member is not nil.
type Change struct {
	AddPartition *Partition
	SetMode      *ModeChange
	CloseAll     *keys.ID // closes a partition in every session

	PutProfile    *Profile    // of version 1: a new one; else in the place of the one before
	RemoveProfile *ProfileRef // its keys are removed by RemoveKeys
	PutKey        *NewKey
	RemoveKeys    *Lost

	KeepSession  *Kept
	PutItem      *Item // of version 1: a new one; else in the place of the one before
	RemoveItem   *Removal
	EndSession   *[sha256.Size]byte
	RemoveDevice *keys.ID
	Account      *AccountChange

	PutRepresented    *Represented    // of version 1: a new one; else in the place of the one before. Its proxies act no more
	RemoveRepresented *RepresentedRef // its proxies act no more
	OpenProxy         *Opening
	CloseProxy        *keys.ID // that acts in the account of this id
}

// Kept puts what is kept of the act's session in the place of what was. Where
// that is another already, nothing of the act is done or kept: [ErrMoved].
type Kept struct{ Before, After []byte }

// A Removal removes one version of an item.
type Removal struct {
	Partition, ID keys.ID
	Version       uint64
}

// An Act is what one request of a session does.
type Act struct {
	Session   [sha256.Size]byte
	Account   keys.Account
	Seq       uint64
	RequestID string
	Action    string // of the table of actions
	Now       time.Time
	Idle      time.Time // until when the session then lasts
	Refused   bool      // by the policy or otherwise: nothing is done, but that it was asked is kept
	Retried   bool      // though it is refused it may be the retry of an act that was done
	Changes   []Change
	Answer    []byte   // what a retry of an act that changed something is told
	Acted     *Acted   // in another's account, where its changes are; nil: in the session's own
	Decision  string   // of the proxy's, by which that is permitted; empty: none
	Partition *keys.ID // that it is about; nil: none, or several
}

// Place is the account whose contents an act changes.
func (a *Act) Place() keys.Account {
	if a.Acted != nil {
		return a.Acted.In
	}
	return a.Account
}

// Other is the account of another that an act is about: in which its proxy acts, or
// begins or ends to; nil: none. Of what was refused before one acts nobody else is told.
func (a *Act) Other(refused error) *keys.Account {
	if a.Acted != nil {
		return &a.Acted.In
	}
	if a.Refused || refused != nil {
		return nil
	}
	for _, c := range a.Changes {
		switch {
		case c.OpenProxy != nil && c.OpenProxy.Proxy != nil:
			return &c.OpenProxy.Proxy.In
		case c.CloseProxy != nil:
			return &keys.Account{Tenant: a.Account.Tenant, ID: *c.CloseProxy}
		}
	}
	return nil
}

// Changing reports whether an act is one that must happen once.
func (a *Act) Changing() bool { return len(a.Changes) > 0 && !a.Refused }

// Deleting reports whether nothing is left of the account afterwards.
func (a *Act) Deleting() bool {
	return a.Changing() && slices.ContainsFunc(a.Changes, func(c Change) bool { return c.Account != nil && !c.Account.Delete.IsZero() })
}

// The results of acts in the audit, beside the reasons that nothing was done for.
const (
	resultDone    = "done"
	resultRefused = "refused"
)

// Result is what the audit says became of an act.
func Result(a *Act, refused error) string {
	switch {
	case a.Refused:
		return resultRefused
	case refused != nil:
		return refused.Error()
	}
	return resultDone
}

// An Entry is what is kept of an act. Entries of an account are a chain: who takes
// one away or changes it, changes the last one's hash.
type Entry struct {
	N         int64 // from 1
	At        time.Time
	Action    string
	RequestID string
	Result    string // done, refused, or the reason that nothing was done for
	Hash      [sha256.Size]byte

	// Of what a proxy does there is an entry in each of the two accounts.
	By, In   *keys.ID // who did it, in the wallet's own account; in whose wallet, in the proxy's; nil: its owner
	Decision string   // by which it is permitted

	Admin     string   // the id of the client that did it, an administrator; empty: none did
	Partition *keys.ID // that it is about; nil: none, or several
}

// EntryOf is what is kept of an act in the account of its session.
func EntryOf(a *Act, refused error) Entry {
	e := Entry{At: a.Now, Action: a.Action, RequestID: a.RequestID, Result: Result(a, refused), Decision: a.Decision, Partition: a.Partition}
	if other := a.Other(refused); other != nil {
		e.In = &other.ID
	}
	return e
}

// EntryOfProxy is what is kept of it in the account in which it acts.
func EntryOfProxy(a *Act, refused error) Entry {
	e := EntryOf(a, refused)
	e.By, e.In = &a.Account.ID, nil
	return e
}

// Chain is the hash of an entry after another.
func (e *Entry) Chain(before [sha256.Size]byte) [sha256.Size]byte {
	h := sha256.New()
	h.Write(before[:])
	h.Write(binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, uint64(e.N)), uint64(e.At.UnixNano()))) //nolint:gosec // bits alone
	texts := []string{e.Action, e.RequestID, e.Result}
	about := e.Admin != "" || e.Partition != nil
	if e.By != nil || e.In != nil || e.Decision != "" || about { // what owners do is chained as before there were proxies
		texts = append(texts, optional(e.By), optional(e.In), e.Decision)
	}
	if about { // and before there were administrators
		texts = append(texts, e.Admin, optional(e.Partition))
	}
	for _, text := range texts {
		h.Write(binary.BigEndian.AppendUint32(nil, uint32(len(text)))) //nolint:gosec // bounded
		h.Write([]byte(text))
	}
	return [sha256.Size]byte(h.Sum(nil))
}

func optional(id *keys.ID) string {
	if id == nil {
		return ""
	}
	return string(id[:])
}

// A Query asks for items of a partition, in the order of their ids.
type Query struct {
	Partition  keys.ID
	Kind       string    // empty: of every kind
	Tag        *keys.Tag // with this among Own and Tags; nil: any
	Collection *keys.Tag // in it; nil: any
	After      keys.ID   // exclusive
	Most       int       // 1–MaxPage
}

// A Store keeps wallets. All methods are safe for concurrent use.
type Store interface {
	// Perform does an act in one transaction, also across processes: it claims the
	// request's number, applies the changes, and adds the entry of the audit. A
	// number that cannot be claimed is channel.ErrReplayed or channel.ErrAhead, a
	// session that has ended [ErrSession], a proxy that acts no more [ErrMoved]:
	// nothing is done or kept. Where a change
	// cannot be applied none is, the entry says why, and that error is returned.
	// For an act of a RequestID that changed something before, it returns what that
	// answered.
	Perform(ctx context.Context, a *Act) (before []byte, err error)

	// SteppedUp reports whether a session may do one request that needs the password again.
	SteppedUp(ctx context.Context, of, action [sha256.Size]byte, now time.Time) (bool, error)

	// Partitions returns an account's, each epoch, the newest last.
	Partitions(ctx context.Context, of keys.Account) ([]Partition, error)

	// Held returns the keys of a custodial partition, by epoch; of another none.
	Held(ctx context.Context, of keys.Account, partition keys.ID) (map[uint64]keys.Key, error)

	// Profiles returns an account's, by name.
	Profiles(ctx context.Context, of keys.Account) ([]Profile, error)

	// Item returns one, else [ErrItem].
	Item(ctx context.Context, of keys.Account, partition, id keys.ID) (*Item, error)

	// Items returns those that a query is for.
	Items(ctx context.Context, of keys.Account, q Query) ([]Item, error)

	// Represented returns those whom an account represents, the first first.
	Represented(ctx context.Context, of keys.Account) ([]Represented, error)

	// Proxies returns those of a session that last, without what is sealed.
	Proxies(ctx context.Context, session [sha256.Size]byte, now time.Time) ([]Proxy, error)

	// Proxy returns that of a session which acts in an account, else [ErrProxy].
	Proxy(ctx context.Context, session [sha256.Size]byte, in keys.Account, now time.Time) (*Proxy, error)

	// Audit returns at most most entries after one.
	Audit(ctx context.Context, of keys.Account, after int64, most int) ([]Entry, error)
}
