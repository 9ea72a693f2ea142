package keys

import "github.com/fxamacker/cbor/v2"

// What is sealed: the first member of a [Place].
const (
	purposeRoot      = "root"      // a root key, under a slot's
	purposePartition = "partition" // a partition's key, under the root key
	purposeItemKey   = "item-key"  // an item's key, under its partition's
	purposeItem      = "item"      // an item's content, under its own key
	purposeIdentity  = "identity"  // the private halves of an account's own keys, under the root key
	purposeLabel     = "label"     // what a holder calls a device, under the root key
)

// A Place is where something sealed belongs: no sealed bytes can stand for
// others. Whoever opens computes it of what they asked for, and never takes it
// from what they were sent. A member that does not apply is empty.
type Place struct {
	_         struct{} `cbor:",toarray"`
	Purpose   string
	Tenant    string
	Account   ID
	Partition ID
	Epoch     uint64
	Item      ID
	Kind      string // of slot, or type of content
	Version   uint64 // of the item, or generation of the root key
}

// encoding is RFC 8949 4.2.1: one form of each value.
var encoding = func() cbor.EncMode {
	mode, err := cbor.CoreDetEncOptions().EncMode()
	if err != nil {
		panic(err) // the options are the library's own
	}
	return mode
}()

// Bytes is the associated data: a CBOR array of the members in order.
func (p Place) Bytes() []byte {
	b, err := encoding.Marshal(p)
	if err != nil {
		panic(err) // texts, bytes and numbers have a form
	}
	return b
}
