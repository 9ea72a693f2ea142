package channel

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"regexp"
	"strings"

	"github.com/fxamacker/cbor/v2"

	"github.com/procura-dev/procura/wallet/keys"
)

// A Request is what a client asks for: what one over plain HTTP would be.
type Request struct {
	Method      string `cbor:"method"`
	Path        string `cbor:"path"` // with its slash, without a query
	Query       string `cbor:"query,omitempty"`
	ContentType string `cbor:"contentType,omitempty"`
	Body        []byte `cbor:"body,omitempty"`
	RequestID   string `cbor:"requestId"` // 1–128 of A–Z a–z 0–9 . _ -; the same for a retry, which then happens once
}

// An Answer is what became of it.
type Answer struct {
	Status      int    `cbor:"status"`
	ContentType string `cbor:"contentType,omitempty"`
	Body        []byte `cbor:"body,omitempty"`
	RequestID   string `cbor:"requestId"`
}

// The two directions.
const (
	toServer byte = 0
	toClient byte = 1
)

const version = 1

// A message is what travels: a CBOR array.
type message struct {
	_       struct{} `cbor:",toarray"`
	Version uint
	Seq     uint64
	Salt    [32]byte
	Sealed  []byte
}

var encoding = func() cbor.EncMode {
	mode, err := cbor.CoreDetEncOptions().EncMode()
	if err != nil {
		panic(err) // the options are the library's own
	}
	return mode
}()

// decoding takes nothing that could be read in two ways.
var decoding = func() cbor.DecMode {
	mode, err := cbor.DecOptions{
		DupMapKey:         cbor.DupMapKeyEnforcedAPF,
		ExtraReturnErrors: cbor.ExtraDecErrorUnknownField,
		FieldNameMatching: cbor.FieldNameMatchingCaseSensitive,
		IndefLength:       cbor.IndefLengthForbidden,
		TagsMd:            cbor.TagsForbidden,
		MaxNestedLevels:   4,
	}.DecMode()
	if err != nil {
		panic(err) // the options agree with each other
	}
	return mode
}()

func encode(v any) []byte {
	b, err := encoding.Marshal(v)
	if err != nil {
		panic(err) // texts, bytes and numbers have a form
	}
	return b
}

func readMessage(raw []byte) (m message, err error) {
	if err := decoding.Unmarshal(raw, &m); err != nil || m.Version != version || m.Seq == 0 {
		return m, ErrMessage
	}
	return m, nil
}

// cipherOf makes the cipher of one message. Its salt is random, so that no key
// is ever made twice, whatever a server forgot or a backup brought back.
func cipherOf(k keys.Key, label string, sid SID, seq uint64, salts ...[32]byte) cipher.AEAD {
	info := binary.BigEndian.AppendUint64(append([]byte(label), sid[:]...), seq)
	for _, salt := range salts {
		info = append(info, salt[:]...)
	}
	once := expand(k[:], string(info), keys.Size)
	defer clear(once)
	block, err := aes.NewCipher(once)
	if err != nil {
		panic(err) // 32 bytes are an AES key
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		panic(err) // AES has GCM's block size
	}
	return aead
}

// about is the associated data of a message.
func about(sid SID, direction byte, seq uint64, salt [32]byte) []byte {
	ad := append([]byte("procura/1"), sid[:]...)
	ad = binary.BigEndian.AppendUint64(append(ad, direction), seq)
	return append(ad, salt[:]...)
}

var nonce [12]byte // zero: each key seals once

// A Pending is a request on its way: what its answer must fit.
type Pending struct {
	keys Keys
	seq  uint64
	salt [32]byte
	id   string
}

// Ask seals a request. seq is counted up from 1 and never used twice, also not
// for a retry.
func (k Keys) Ask(seq uint64, r Request) ([]byte, *Pending) {
	p := &Pending{keys: k, seq: seq, id: r.RequestID}
	_, _ = rand.Read(p.salt[:]) // never fails: crypto/rand ends the program first
	aead := cipherOf(k.C2S, "req", k.SID, seq, p.salt)
	sealed := aead.Seal(nil, nonce[:], encode(r), about(k.SID, toServer, seq, p.salt))
	return encode(message{Version: version, Seq: seq, Salt: p.salt, Sealed: sealed}), p
}

// Wipe overwrites its keys: there is no answer to read any more.
func (p *Pending) Wipe() { p.keys.Wipe() }

// Read opens the answer to a request, and to no other; else [ErrMessage].
func (p *Pending) Read(raw []byte) (a Answer, err error) {
	m, err := readMessage(raw)
	if err != nil || m.Seq != p.seq {
		return Answer{}, ErrMessage
	}
	aead := cipherOf(p.keys.S2C, "res", p.keys.SID, p.seq, p.salt, m.Salt)
	plain, err := aead.Open(nil, nonce[:], m.Sealed, about(p.keys.SID, toClient, p.seq, m.Salt))
	if err != nil {
		return Answer{}, ErrMessage
	}
	if err := decoding.Unmarshal(plain, &a); err != nil || a.RequestID != p.id {
		return Answer{}, fmt.Errorf("the answer to %q: %w", p.id, ErrMessage)
	}
	return a, nil
}

// An Asked is a request that arrived, and what its answer is sealed for.
type Asked struct {
	Request
	Seq  uint64 // not yet claimed: see [Window]
	keys Keys
	salt [32]byte
}

// Wipe overwrites its keys: it is answered.
func (a *Asked) Wipe() { a.keys.Wipe() }

// Hear opens what a client sent, else [ErrMessage]. Open of k is not needed.
func (k Keys) Hear(raw []byte) (*Asked, error) {
	m, err := readMessage(raw)
	if err != nil {
		return nil, err
	}
	aead := cipherOf(k.C2S, "req", k.SID, m.Seq, m.Salt)
	plain, err := aead.Open(nil, nonce[:], m.Sealed, about(k.SID, toServer, m.Seq, m.Salt))
	if err != nil {
		return nil, ErrMessage
	}
	a := &Asked{Seq: m.Seq, keys: k, salt: m.Salt}
	if err := decoding.Unmarshal(plain, &a.Request); err != nil || !a.whole() {
		return nil, fmt.Errorf("what was sealed: %w", ErrMessage)
	}
	return a, nil
}

// requestIDs are what can stand in a log as it is.
var requestIDs = regexp.MustCompile(`^[A-Za-z0-9._-]{1,128}$`)

func (r Request) whole() bool {
	return r.Method != "" && strings.HasPrefix(r.Path, "/") && requestIDs.MatchString(r.RequestID)
}

// Answer seals an answer under a key of its own; any number of times.
func (a *Asked) Answer(with Answer) []byte {
	with.RequestID = a.RequestID
	var salt [32]byte
	_, _ = rand.Read(salt[:]) // never fails, as in Ask
	return a.answer(with, salt)
}

func (a *Asked) answer(with Answer, salt [32]byte) []byte {
	aead := cipherOf(a.keys.S2C, "res", a.keys.SID, a.Seq, a.salt, salt)
	sealed := aead.Seal(nil, nonce[:], encode(with), about(a.keys.SID, toClient, a.Seq, salt))
	return encode(message{Version: version, Seq: a.Seq, Salt: salt, Sealed: sealed})
}

// Digest names what a request asks for, so that one request can be told from all
// others before it is sent. Its RequestID is no part of it.
func (r Request) Digest() [sha256.Size]byte {
	return sha256.Sum256(encode([]any{"procura/step-up/1", r.Method, r.Path, r.Query, r.ContentType, append([]byte{}, r.Body...)}))
}
