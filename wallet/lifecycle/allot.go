package lifecycle

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"
)

// A Ledger keeps lists and what was issued. Its methods are safe for concurrent
// use, also by several processes.
type Ledger interface {
	// OpenList returns the list of a profile in which places are given; of its
	// kind and purpose there is one at most. None: [ErrNoList].
	OpenList(ctx context.Context, tenant, profile, kind, purpose string) (*List, error)

	// AddList stores an open list; where there is one already, [ErrListOpen].
	AddList(ctx context.Context, l *List) error

	// CloseList gives no more places of a list, which goes on being published.
	CloseList(ctx context.Context, tenant, id string) error

	// Vacant returns the first of some indexes of an open list that nobody has;
	// false: none. A list that is not open is [ErrNoList].
	Vacant(ctx context.Context, tenant, list string, indexes []int) (int, bool, error)

	// Issue stores a credential with its places: all of it or nothing. A place
	// that another has is [ErrTaken], a Name that another has [ErrIssuedBefore].
	Issue(ctx context.Context, i *Issued) error
}

// A Wish is a status that a credential is to have.
type Wish struct {
	Kind, Purpose string
	Messages      []string // for messages; nil: none
}

// An Allotter finds places for credentials about to be issued. It is safe for
// concurrent use.
type Allotter struct {
	Ledger Ledger                           // required
	URL    func(tenant, list string) string // where a list will be found; "": not known
	Now    func() time.Time                 // required
	Random io.Reader                        // nil: crypto/rand

	// open are the lists in which places were given last. The Ledger says with
	// each draw whether they still are: others close them too.
	open sync.Map // opening → *List
}

// opening is what there is one open list for.
type opening struct{ tenant, profile, kind, purpose string }

// tries is how many indexes are drawn at once. Where all are taken the list is
// about to be full: a new one is begun long before who has which could be
// told from what is left.
const tries = 8

// Places draws one place for each wish. They are the credential's once
// [Ledger.Issue] has stored them: on [ErrTaken] others must be drawn.
func (a *Allotter) Places(ctx context.Context, tenant, profile string, wishes []Wish) ([]Place, error) {
	places := make([]Place, len(wishes))
	for i, w := range wishes {
		p, err := a.place(ctx, tenant, profile, w)
		if err != nil {
			return nil, fmt.Errorf("a place for %s: %w", w.Purpose, err)
		}
		places[i] = p
	}
	return places, nil
}

func (a *Allotter) place(ctx context.Context, tenant, profile string, w Wish) (Place, error) {
	for {
		l, err := a.listFor(ctx, tenant, profile, w)
		if err != nil {
			return Place{}, err
		}
		drawn, err := a.draw()
		if err != nil {
			return Place{}, err
		}
		index, found, err := a.Ledger.Vacant(ctx, tenant, l.ID, drawn)
		if err == nil && !found {
			err = a.close(ctx, l)
		}
		if found || err != nil && !errors.Is(err, ErrNoList) {
			return Place{List: l, Index: index}, err
		}
		a.open.CompareAndDelete(opening{tenant, profile, w.Kind, w.Purpose}, l)
	}
}

// close gives no more places of a list: [ErrNoList] is what it then is.
func (a *Allotter) close(ctx context.Context, l *List) error {
	if err := a.Ledger.CloseList(ctx, l.Tenant, l.ID); err != nil {
		return err
	}
	return ErrNoList
}

// listFor returns the list in which places are given.
func (a *Allotter) listFor(ctx context.Context, tenant, profile string, w Wish) (*List, error) {
	key := opening{tenant, profile, w.Kind, w.Purpose}
	if had, ok := a.open.Load(key); ok {
		return had.(*List), nil
	}
	l, err := a.find(ctx, tenant, profile, w)
	if err == nil {
		a.open.Store(key, l)
	}
	return l, err
}

// find looks for that list, and begins one where there is none.
func (a *Allotter) find(ctx context.Context, tenant, profile string, w Wish) (*List, error) {
	for {
		l, err := a.Ledger.OpenList(ctx, tenant, profile, w.Kind, w.Purpose)
		if !errors.Is(err, ErrNoList) {
			return l, err
		}
		if l, err = a.begin(tenant, profile, w); err != nil {
			return nil, err
		}
		if err := a.Ledger.AddList(ctx, l); !errors.Is(err, ErrListOpen) {
			return l, err
		}
	}
}

func (a *Allotter) begin(tenant, profile string, w Wish) (*List, error) {
	id, err := a.id()
	if err != nil {
		return nil, err
	}
	l := &List{
		Tenant: tenant, ID: id, Profile: profile, Kind: w.Kind, Purpose: w.Purpose,
		Size: sizeOf(w), Messages: w.Messages, URL: a.URL(tenant, id), MadeAt: a.Now().UTC(),
	}
	if l.URL == "" {
		return nil, ErrAddress
	}
	return l, nil
}

// sizeOf is how many bits tell the values of a wish apart: a token has valid,
// revoked and suspended.
func sizeOf(w Wish) int {
	values := len(w.Messages)
	if w.Kind == Token {
		values = 3
	}
	size := 1
	for 1<<size < values {
		size *= 2
	}
	return size
}

func (a *Allotter) random(b []byte) error {
	from := a.Random
	if from == nil {
		from = rand.Reader
	}
	if _, err := io.ReadFull(from, b); err != nil {
		return fmt.Errorf("drawing at random: %w", err)
	}
	return nil
}

func (a *Allotter) id() (string, error) {
	var b [16]byte
	err := a.random(b[:])
	return hex.EncodeToString(b[:]), err
}

// draw returns indexes, each as likely as any other: Entries is a power of two.
func (a *Allotter) draw() ([]int, error) {
	var b [4 * tries]byte
	if err := a.random(b[:]); err != nil {
		return nil, err
	}
	drawn := make([]int, tries)
	for i := range drawn {
		drawn[i] = int(binary.BigEndian.Uint32(b[4*i:]) % Entries)
	}
	return drawn, nil
}
