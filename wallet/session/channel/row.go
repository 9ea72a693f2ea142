package channel

import (
	"crypto/hkdf"
	"crypto/sha256"
	"fmt"

	"github.com/procura-dev/procura/wallet/keys"
)

// An Opened is a partition whose key its holder's client sent: it is served
// while the session lasts.
type Opened struct {
	_         struct{} `cbor:",toarray"`
	Partition keys.ID
	Epoch     uint64
	Turn      uint64 // the partition's: closed for all, it has the next
	Key       [keys.Size]byte
}

// MaxOpened is how many keys a session can have open, each epoch by itself.
const MaxOpened = 64

// A Row is what a server keeps of a session, sealed: a database, with the
// server's own key, opens none without what its client holds.
type Row struct {
	C2S, S2C keys.Key
	Opened   []Opened // at most MaxOpened
}

// row is a Row as it is sealed.
type row struct {
	_      struct{} `cbor:",toarray"`
	C2S    [keys.Size]byte
	S2C    [keys.Size]byte
	Opened []Opened
}

// At is where a session's row belongs.
type At struct {
	Account keys.Account
	SID     SID
}

func (a At) place() keys.Place {
	return keys.Place{Purpose: "session", Tenant: a.Account.Tenant, Account: a.Account.ID, Item: keys.ID(a.SID)}
}

// under is the key of a row, of what the client holds and what the server does.
func under(open, service keys.Key) keys.Key {
	b, err := hkdf.Key(sha256.New, open[:], service[:], "procura/wallet/session/1", keys.Size)
	if err != nil {
		panic(err) // 32 bytes are within HKDF's length
	}
	defer clear(b)
	return keys.Key(b)
}

// Seal seals a row; service is the server's key.
func (r Row) Seal(at At, open, service keys.Key) []byte {
	plain := encode(row{C2S: r.C2S, S2C: r.S2C, Opened: r.Opened})
	defer clear(plain)
	return under(open, service).Seal(at.place(), plain)
}

// OpenRow returns what [Row.Seal] sealed, else [keys.ErrSealed].
func OpenRow(at At, open, service keys.Key, sealed []byte) (Row, error) {
	plain, err := under(open, service).Open(at.place(), sealed)
	if err != nil {
		return Row{}, fmt.Errorf("a session's row: %w", err)
	}
	defer clear(plain)
	var r row
	if err := decoding.Unmarshal(plain, &r); err != nil {
		return Row{}, fmt.Errorf("a session's row: %w", keys.ErrSealed)
	}
	return Row{r.C2S, r.S2C, r.Opened}, nil
}

// Keys are those of the session whose row this is, without Open.
func (r Row) Keys(sid SID) Keys { return Keys{SID: sid, C2S: r.C2S, S2C: r.S2C} }

// Wipe overwrites the keys.
func (r *Row) Wipe() {
	r.C2S.Wipe()
	r.S2C.Wipe()
	for i := range r.Opened {
		clear(r.Opened[i].Key[:])
	}
}
