package keys

import "errors"

// An Account is whose keys these are.
type Account struct {
	Tenant string
	ID     ID // random; its name is not in any place, so that it can change
}

// The kinds of slots that wrap a root key.
const (
	SlotOpaque   = "opaque"   // under what OPAQUE gives the client at registration and login
	SlotRecovery = "recovery" // under a code that its holder wrote down
	SlotPasskey  = "passkey"  // under what a passkey gives (WebAuthn PRF); beside OPAQUE, never in its place
)

// A Root is an account's root key. It never leaves the client. A new one, as
// after a password that others knew, has the next generation.
type Root struct {
	Account    Account
	Generation uint64 // from 1
	key        *Key   // kept
}

// NewRoot makes the first root key of an account.
func NewRoot(a Account) *Root { return rootOf(a, 1, New()) }

func rootOf(a Account, generation uint64, key Key) *Root {
	return &Root{Account: a, Generation: generation, key: Keep(&key)}
}

// Next makes the root key that comes after r.
func (r *Root) Next() *Root {
	return rootOf(r.Account, r.Generation+1, New())
}

// Wipe overwrites it. It is not used after.
func (r *Root) Wipe() {
	if r.key != nil {
		r.key.Free()
	}
	r.key = nil
}

func (r *Root) place(purpose string) Place {
	return Place{Purpose: purpose, Tenant: r.Account.Tenant, Account: r.Account.ID, Version: r.Generation}
}

// Slot wraps it under the key of a slot.
func (r *Root) Slot(kind string, under Key) []byte {
	at := r.place(purposeRoot)
	at.Kind = kind
	return under.wrap(at, *r.key)
}

// OpenSlot returns the root key of that generation that [Root.Slot] wrapped.
func OpenSlot(a Account, generation uint64, kind string, under Key, sealed []byte) (*Root, error) {
	at := (&Root{Account: a, Generation: generation}).place(purposeRoot)
	at.Kind = kind
	key, err := under.unwrap(at, sealed)
	if err != nil {
		return nil, err
	}
	return rootOf(a, generation, key), nil
}

// UnderOpaque is the key of the slot opaque: of the export_key of OPAQUE
// (RFC 9807, 6.3), which the server does not learn.
func UnderOpaque(exportKey []byte) Key { return Derive(exportKey, "procura/wallet/slot/opaque") }

// UnderPasskey is the key of the slot passkey: of the output of a passkey's
// pseudo-random function (WebAuthn Level 3, 10.1.4), 32 bytes.
func UnderPasskey(prf []byte) (Key, error) {
	if len(prf) != Size {
		return Key{}, errors.New("the output of a passkey's function has 32 bytes")
	}
	return Derive(prf, "procura/wallet/slot/passkey"), nil
}

// Label seals what a holder calls a device.
func (r *Root) Label(device ID, text string) []byte {
	return r.key.Seal(r.label(device), []byte(text))
}

// OpenLabel returns what [Root.Label] sealed.
func (r *Root) OpenLabel(device ID, sealed []byte) (string, error) {
	b, err := r.key.Open(r.label(device), sealed)
	return string(b), err
}

func (r *Root) label(device ID) Place {
	at := r.place(purposeLabel)
	at.Item = device
	return at
}
