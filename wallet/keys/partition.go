package keys

import (
	"crypto/hmac"
	"crypto/sha256"
)

// A Partition is the key of one part of a wallet, for one epoch: what was
// written under an epoch that ended stays readable by whoever had its key.
type Partition struct {
	Account Account
	ID      ID
	Epoch   uint64 // from 1
	key     Key
}

// NewPartition makes one with a random key.
func NewPartition(a Account) *Partition {
	return &Partition{Account: a, ID: NewID(), Epoch: 1, key: New()}
}

// Next makes the key of the epoch that comes after p's.
func (p *Partition) Next() *Partition {
	return &Partition{Account: p.Account, ID: p.ID, Epoch: p.Epoch + 1, key: New()}
}

// Serve is the key as an honest server needs it while a partition is open, and
// forgets at close; of a sealed partition it is given to nobody.
func (p *Partition) Serve() Key { return p.key }

// Served is the partition of a key that was given by [Partition.Serve].
func Served(a Account, id ID, epoch uint64, key Key) *Partition {
	return &Partition{Account: a, ID: id, Epoch: epoch, key: key}
}

// A Check tells a partition's key from every other, and nothing of it.
type Check [16]byte

// Check is what a server that is given the key knows it again by.
func (p *Partition) Check() Check {
	all := Derive(p.key[:], "procura/partition/check/1")
	return Check(all[:len(Check{})])
}

// Wipe overwrites the key.
func (p *Partition) Wipe() { p.key.Wipe() }

func (p *Partition) place(purpose string) Place {
	return Place{Purpose: purpose, Tenant: p.Account.Tenant, Account: p.Account.ID, Partition: p.ID, Epoch: p.Epoch}
}

// Partition wraps a partition's key under the root key.
func (r *Root) Partition(p *Partition) []byte {
	at := p.place(purposePartition)
	at.Version = r.Generation
	return r.key.wrap(at, p.key)
}

// OpenPartition returns what [Root.Partition] wrapped.
func (r *Root) OpenPartition(id ID, epoch uint64, sealed []byte) (*Partition, error) {
	p := &Partition{Account: r.Account, ID: id, Epoch: epoch}
	at := p.place(purposePartition)
	at.Version = r.Generation
	key, err := r.key.unwrap(at, sealed)
	p.key = key
	return p, err
}

// An Item is which item something is the content of.
type Item struct {
	ID      ID
	Kind    string // the type of its content
	Version uint64 // from 1; each change has the next
}

// A Sealed is an item as it is kept: its key under its partition's, its content
// under its key. Deleting the first deletes both.
type Sealed struct{ Key, Content []byte }

// Seal seals an item under a key of its own.
func (p *Partition) Seal(i Item, content []byte) Sealed {
	key := New()
	defer key.Wipe()
	return Sealed{p.key.wrap(p.item(purposeItemKey, i), key), key.Seal(p.item(purposeItem, i), content)}
}

// Open returns the content of an item, else [ErrSealed].
func (p *Partition) Open(i Item, s Sealed) ([]byte, error) {
	key, err := p.key.unwrap(p.item(purposeItemKey, i), s.Key)
	if err != nil {
		return nil, err
	}
	defer key.Wipe()
	return key.Open(p.item(purposeItem, i), s.Content)
}

func (p *Partition) item(purpose string, i Item) Place {
	at := p.place(purpose)
	at.Item, at.Kind, at.Version = i.ID, i.Kind, i.Version
	return at
}

// A Tag stands for the value of one field, so that a server that cannot read an
// item can find it. Equal values of one field, partition and epoch have equal
// tags: that, and how many, is what it tells.
type Tag [16]byte

// Tag is the tag of a value; field has no zero byte.
func (p *Partition) Tag(field, value string) (t Tag) {
	under := Derive(p.key[:], "procura/index/1")
	defer under.Wipe()
	h := hmac.New(sha256.New, under[:])
	h.Write([]byte(field + "\x00" + value))
	copy(t[:], h.Sum(nil))
	return t
}
