package channel

import (
	"encoding/hex"
	"encoding/json"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/procura-dev/procura/wallet/keys"
)

var update = flag.Bool("update", false, "write the vectors into docs/wallet-channel.md")

const document = "../../../docs/wallet-channel.md"

func run(from byte, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = from + byte(i)
	}
	return b
}

// vectors are made of counting bytes, so that others can make them too.
func vectors(t *testing.T) []map[string]string {
	t.Helper()
	x := hex.EncodeToString
	k, err := Derive(run(0, SessionKeySize))
	if err != nil {
		t.Fatal(err)
	}
	request := Request{Method: "POST", Path: "/contents", ContentType: "application/json", Body: []byte("{}"), RequestID: "r-1"}
	salt, rsalt := [32]byte(run(64, 32)), [32]byte(run(96, 32))
	sealed := cipherOf(k.C2S, "req", k.SID, 1, salt).Seal(nil, nonce[:], encode(request), about(k.SID, toServer, 1, salt))
	raw := encode(message{Version: version, Seq: 1, Salt: salt, Sealed: sealed})
	heard, err := k.Hear(raw)
	if err != nil {
		t.Fatal(err)
	}
	with := Answer{Status: 201, ContentType: "application/json", Body: []byte("{}"), RequestID: "r-1"}
	answer := heard.answer(with, rsalt)
	pending := &Pending{keys: k, seq: 1, salt: salt, id: "r-1"}
	if _, err := pending.Read(answer); err != nil {
		t.Fatal(err)
	}
	digest := request.Digest()
	return []map[string]string{
		{"step": "keys", "session_key": x(run(0, SessionKeySize)), "sid": x(k.SID[:]), "open": x(k.Open[:]), "c2s": x(k.C2S[:]), "s2c": x(k.S2C[:]), "header": k.Header()},
		{"step": "request", "seq": "1", "salt": x(salt[:]), "key": x(expand(k.C2S[:], "req"+string(k.SID[:])+"\x00\x00\x00\x00\x00\x00\x00\x01"+string(salt[:]), keys.Size)), "ad": x(about(k.SID, toServer, 1, salt)), "plain": x(encode(request)), "message": x(raw)},
		{"step": "answer", "seq": "1", "salt": x(rsalt[:]), "ad": x(about(k.SID, toClient, 1, rsalt)), "plain": x(encode(with)), "message": x(answer)},
		{"step": "the request's digest, for a step-up", "digest": x(digest[:])},
	}
}

// The document is for other languages: what it says is what we do.
func TestDocumentedVectors(t *testing.T) {
	t.Parallel()
	want, err := json.MarshalIndent(vectors(t), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, _ := strings.Cut(string(page), "```json\n")
	got, after, found := strings.Cut(rest, "\n```")
	switch {
	case !found:
		t.Fatalf("%s has no vectors", document)
	case got == string(want):
	case !*update:
		t.Fatalf("%s has other vectors than\n%s", document, want)
	default:
		if err := os.WriteFile(document, []byte(before+"```json\n"+string(want)+"\n```"+after), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
