package channel

import (
	"crypto/sha256"

	"github.com/procura-dev/procura/wallet/keys"
)

// GuardianNonce is what the nonce of a proxy's challenge begins with: who signs it
// signs for one session, of one holder, whose key it is. Both sides compute it.
func GuardianNonce(random [32]byte, sid SID, box []byte) (n [sha256.Size]byte) {
	h := sha256.New()
	h.Write([]byte("procura/guardian/1"))
	h.Write(random[:])
	h.Write(sid[:])
	h.Write(box)
	return [sha256.Size]byte(h.Sum(nil))
}

// SealBeside seals something that is kept beside a session's row, under an id.
func SealBeside(at At, id keys.ID, open, service keys.Key, plain []byte) []byte {
	return under(open, service).Seal(at.beside(id), plain)
}

// OpenBeside returns it, else [keys.ErrSealed].
func OpenBeside(at At, id keys.ID, open, service keys.Key, sealed []byte) ([]byte, error) {
	return under(open, service).Open(at.beside(id), sealed)
}

func (a At) beside(id keys.ID) keys.Place {
	p := a.place()
	p.Purpose, p.Partition = "session/beside", id
	return p
}
