package client_test

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha512"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/fxamacker/cbor/v2"

	"github.com/procura-dev/procura/wallet/session/channel"
)

// An echo is the server's end of a channel, which says what it heard, or
// something that a client must not take.
type echo struct {
	t      *testing.T
	keys   channel.Keys
	before []byte // the answer to the request before
}

func (e *echo) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	sid, open, err := channel.ParseHeader(r.Header.Get("Procura-Session"))
	if err != nil || sid != e.keys.SID || open != e.keys.Open {
		e.t.Errorf("the header names another session: %v", err)
	}
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		e.t.Error(err)
	}
	heard, err := e.keys.Hear(raw)
	if err != nil {
		e.t.Error(err)
		return
	}
	answer := e.answer(raw, heard)
	e.before = answer
	_, _ = w.Write(answer)
}

func (e *echo) answer(raw []byte, heard *channel.Asked) []byte {
	said := fmt.Sprintf("%s %s %s %s %s %s", heard.Method, heard.Path, heard.Query, heard.ContentType, heard.Body, heard.RequestID)
	proper := heard.Answer(channel.Answer{Status: 201, ContentType: "text/plain", Body: []byte(said)})
	switch heard.Path {
	case "/empty":
		return heard.Answer(channel.Answer{Status: 204})
	case "/before":
		return e.before
	case "/garbage":
		return []byte("garbage")
	case "/indefinite":
		return append([]byte{0x9f}, append(proper[1:], 0xff)...)
	case "/long-number": // the version in two bytes
		return append([]byte{0x84, 0x18, 0x01}, proper[2:]...)
	case "/tag":
		return append([]byte{0xd9, 0xd9, 0xf7}, proper...)
	}
	if plain, ok := forged[heard.Path]; ok {
		return e.forge(raw, plain)
	}
	return proper
}

// forged are answers that a server could seal, and that say two things or none.
// The request's requestId is "2".
var forged = map[string][]byte{
	"/forged":         unhex("a2" + status + requestID), // which is as it must be
	"/list":           {0x80},
	"/nothing":        {},
	"/unknown-member": unhex("a3" + "65" + "61646d696e" + "f5" + status + requestID),
	"/unknown-number": unhex("a3" + "65" + "61646d696e" + "01" + status + requestID),
	"/twice":          unhex("a3" + status + status + requestID),
	"/order":          unhex("a2" + requestID + status),
	"/bytes":          unhex("a3" + "64" + "626f6479" + "61" + "61" + status + requestID),
	"/other-id":       unhex("a2" + status + "69" + "726571756573744964" + "61" + "33"),
	"/no-id":          unhex("a1" + status),
	"/no-status":      unhex("a1" + requestID),
	"/text-status":    unhex("a2" + "66" + "737461747573" + "61" + "32" + requestID),
	"/number-type":    unhex("a3" + status + requestID + "6b" + "636f6e74656e7454797065" + "01"),
}

const (
	status    = "66" + "737461747573" + "18c8"            // "status": 200
	requestID = "69" + "726571756573744964" + "61" + "32" // "requestId": "2"
)

func unhex(text string) []byte {
	b, err := hex.DecodeString(text)
	if err != nil {
		panic(err)
	}
	return b
}

// forge seals any bytes as an answer, as docs/wallet-channel.md says it.
func (e *echo) forge(request, plain []byte) []byte {
	var asked struct {
		_       struct{} `cbor:",toarray"`
		Version int
		Seq     uint64
		Salt    []byte
		Sealed  []byte
	}
	if err := cbor.Unmarshal(request, &asked); err != nil {
		e.t.Error(err)
	}
	salt, seq := make([]byte, 32), binary.BigEndian.AppendUint64(nil, asked.Seq)
	info := slices.Concat([]byte("res"), e.keys.SID[:], seq, asked.Salt, salt)
	key, err := hkdf.Expand(sha512.New, e.keys.S2C[:], string(info), 32)
	if err != nil {
		e.t.Error(err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		e.t.Error(err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		e.t.Error(err)
	}
	about := slices.Concat([]byte("procura/1"), e.keys.SID[:], []byte{1}, seq, salt)
	asked.Salt, asked.Sealed = salt, aead.Seal(nil, make([]byte, 12), plain, about)
	out, err := cbor.Marshal(asked)
	if err != nil {
		e.t.Error(err)
	}
	return out
}

func TestChannelWithGo(t *testing.T) {
	t.Parallel()
	secret := bytes.Repeat([]byte{3}, channel.SessionKeySize)
	keys, err := channel.Derive(secret)
	if err != nil {
		t.Fatal(err)
	}
	newEcho := func() http.Handler { return &echo{t: t, keys: keys} }
	t.Run("node", func(t *testing.T) {
		t.Parallel()
		web := httptest.NewServer(newEcho())
		t.Cleanup(web.Close)
		inNode(t, "channel.talk", map[string]string{"url": web.URL, "sessionKey": hex.EncodeToString(secret)}, nil)
	})
	t.Run("browser", func(t *testing.T) {
		t.Parallel()
		inBrowser(t, newEcho(), "channel.talk", func(url string) any {
			return map[string]string{"url": url + "/v1/t/channel", "sessionKey": hex.EncodeToString(secret)}
		}, nil)
	})
}
