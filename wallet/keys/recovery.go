package keys

import (
	"bytes"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"strings"
)

// ErrCode says that a recovery code was not written as one is.
var ErrCode = errors.New("a recovery code has 11 groups of 5 letters and digits, and this is none or has a slip in it")

// A Recovery is a recovery code: 256 random bits that open the slot recovery.
// It is shown once.
type Recovery struct{ code Key }

// NewRecovery makes a random one.
func NewRecovery() Recovery { return Recovery{New()} }

// letters are Crockford's: none that looks like another.
var letters = base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding)

const (
	codeGroup  = 5
	codeGroups = 11
)

// Text is the code and two bytes of its SHA-256, which find a slip of the pen:
// eleven groups of five.
func (r Recovery) Text() string {
	sum := sha256.Sum256(r.code[:])
	all := letters.EncodeToString(append(r.code[:], sum[:2]...))
	var groups []string
	for ; len(all) > 0; all = all[codeGroup:] {
		groups = append(groups, all[:codeGroup])
	}
	return strings.Join(groups, "-")
}

// ParseRecovery reads what [Recovery.Text] wrote, as people write it down: small
// letters, spaces, O for 0, I and L for 1. Else [ErrCode].
func ParseRecovery(text string) (r Recovery, err error) {
	if len(text) > 256 {
		return Recovery{}, ErrCode
	}
	all := strings.NewReplacer("-", "", " ", "", "O", "0", "I", "1", "L", "1").Replace(strings.ToUpper(strings.TrimSpace(text)))
	b, err := letters.DecodeString(all)
	if err != nil || len(all) != codeGroup*codeGroups || len(b) != Size+2 { // encoding/base32 passes over line ends
		return Recovery{}, ErrCode
	}
	sum := sha256.Sum256(b[:Size])
	// Of the last letter the lowest bits say nothing: they are zero.
	if !bytes.Equal(sum[:2], b[Size:]) || letters.EncodeToString(b) != all {
		return Recovery{}, ErrCode
	}
	copy(r.code[:], b)
	clear(b)
	return r, nil
}

// Auth is what proves to the server that its holder has the code. The server
// keeps SHA-256 of it; it tells nothing of the slot's key.
func (r Recovery) Auth() Key { return Derive(r.code[:], "procura/wallet/recovery/auth") }

// Under is the key of the slot.
func (r Recovery) Under() Key { return Derive(r.code[:], "procura/wallet/slot/recovery") }

// String keeps the code out of messages.
func (Recovery) String() string { return "[recovery code]" }

// GoString keeps the code out of messages.
func (Recovery) GoString() string { return "[recovery code]" }
