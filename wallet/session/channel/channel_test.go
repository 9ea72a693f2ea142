package channel

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/procura-dev/procura/wallet/keys"
)

func session(t testing.TB, of byte) Keys {
	t.Helper()
	k, err := Derive(bytes.Repeat([]byte{of}, SessionKeySize))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

var asked = Request{Method: "GET", Path: "/profiles", Query: "page=2", RequestID: "r1"}

func TestRequestAndAnswer(t *testing.T) {
	t.Parallel()
	k := session(t, 1)
	raw, pending := k.Ask(7, asked)
	heard, err := Keys{SID: k.SID, C2S: k.C2S, S2C: k.S2C}.Hear(raw)
	if err != nil || heard.Seq != 7 || !reflect.DeepEqual(heard.Request, asked) {
		t.Fatalf("heard %+v, %v", heard, err)
	}
	want := Answer{Status: 200, ContentType: "application/json", Body: []byte("{}"), RequestID: "r1"}
	first, second := heard.Answer(Answer{Status: 200, ContentType: "application/json", Body: []byte("{}")}), heard.Answer(want)
	for _, raw := range [][]byte{first, second} {
		if got, err := pending.Read(raw); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("read %+v, %v", got, err)
		}
	}
	if bytes.Equal(first, second) {
		t.Error("two answers are sealed alike")
	}
}

func TestMessagesThatAreRefused(t *testing.T) {
	t.Parallel()
	k, other := session(t, 1), session(t, 2)
	raw, pending := k.Ask(7, asked)
	heard, err := k.Hear(raw)
	if err != nil {
		t.Fatal(err)
	}
	answer := heard.Answer(Answer{Status: 200})
	elsewhere := k
	elsewhere.SID[0]++
	for name, k := range map[string]Keys{"another session": other, "another name": elsewhere, "the other direction": {SID: k.SID, C2S: k.S2C, S2C: k.C2S}} {
		if _, err := k.Hear(raw); !errors.Is(err, ErrMessage) {
			t.Errorf("%s hears it: %v", name, err)
		}
	}
	_, next := k.Ask(7, asked)
	_, later := k.Ask(8, asked)
	for name, p := range map[string]*Pending{"another request of this number": next, "the next request": later} {
		if _, err := p.Read(answer); !errors.Is(err, ErrMessage) {
			t.Errorf("%s reads its answer: %v", name, err)
		}
	}
	heard.RequestID = "r2"
	if _, err := pending.Read(heard.Answer(Answer{Status: 200})); !errors.Is(err, ErrMessage) {
		t.Errorf("an answer that names another request: %v", err)
	}
	if _, err := pending.Read(raw); !errors.Is(err, ErrMessage) {
		t.Errorf("a request is read as an answer: %v", err)
	}
	for i := range raw {
		changed := bytes.Clone(raw)
		changed[i] ^= 1
		if _, err := k.Hear(changed); !errors.Is(err, ErrMessage) {
			t.Errorf("byte %d changed: %v", i, err)
		}
		if _, err := k.Hear(raw[:i]); !errors.Is(err, ErrMessage) {
			t.Errorf("cut to %d bytes: %v", i, err)
		}
	}
	if _, err := k.Hear(append(bytes.Clone(raw), 0)); !errors.Is(err, ErrMessage) {
		t.Errorf("with a byte more: %v", err)
	}
	for i := range answer {
		changed := bytes.Clone(answer)
		changed[i] ^= 1
		if _, err := pending.Read(changed); !errors.Is(err, ErrMessage) {
			t.Errorf("answer, byte %d changed: %v", i, err)
		}
	}
}

// Whoever has the keys can still not say what is read in two ways.
func TestSealedThingsThatAreRefused(t *testing.T) {
	t.Parallel()
	k := session(t, 1)
	for name, plain := range map[string]any{
		"an unknown member":  map[string]any{"method": "GET", "path": "/", "requestId": "r", "admin": true},
		"a member by case":   map[string]any{"Method": "GET", "path": "/", "requestId": "r"},
		"a list":             []any{"GET", "/"},
		"a number for text":  map[string]any{"method": 1, "path": "/", "requestId": "r"},
		"nothing":            nil,
		"no method":          map[string]any{"path": "/", "requestId": "r"},
		"no path":            map[string]any{"method": "GET", "requestId": "r"},
		"a path without /":   map[string]any{"method": "GET", "path": "a", "requestId": "r"},
		"no requestId":       map[string]any{"method": "GET", "path": "/"},
		"a requestId of two": map[string]any{"method": "GET", "path": "/", "requestId": "a\nb"},
		"bytes for its path": map[string]any{"method": "GET", "path": []byte("/"), "requestId": "r"},
	} {
		if _, err := k.Hear(k.forge(encode(plain))); !errors.Is(err, ErrMessage) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, whole := range map[string][]byte{
		"a member twice":        append(append([]byte{0xa4}, good[1:]...), "\x66method\x63GET"...),
		"with a tag":            append([]byte{0xd9, 0xd9, 0xf7}, good...),
		"of indefinite length":  append(append([]byte{0xbf}, good[1:]...), 0xff),
		"with something behind": append(bytes.Clone(good), 0),
	} {
		if _, err := k.Hear(k.forge(whole)); !errors.Is(err, ErrMessage) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// good is a request as it is sealed.
var good = encode(Request{Method: "GET", Path: "/", RequestID: "r"})

func TestRequestIDs(t *testing.T) {
	t.Parallel()
	k := session(t, 1)
	long := strings.Repeat("a", 128)
	for id, want := range map[string]bool{"r": true, "A-Z_a.9": true, long: true, long + "a": false, "": false, " r": false, "r\n": false, "ré": false, "r/": false} {
		_, err := k.Hear(k.forge(encode(Request{Method: "GET", Path: "/", RequestID: id})))
		if (err == nil) != want {
			t.Errorf("%q: %v", id, err)
		}
	}
}

// forge seals bytes as [Keys.Ask] does a request.
func (k Keys) forge(plain []byte) []byte {
	var salt [32]byte
	sealed := cipherOf(k.C2S, "req", k.SID, 1, salt).Seal(nil, nonce[:], plain, about(k.SID, toServer, 1, salt))
	return encode(message{Version: version, Seq: 1, Salt: salt, Sealed: sealed})
}

func TestHeader(t *testing.T) {
	t.Parallel()
	k := session(t, 1)
	sid, open, err := ParseHeader(k.Header())
	if err != nil || sid != k.SID || open != k.Open {
		t.Errorf("got %x, %v", sid, err)
	}
	for _, bad := range []string{"", k.Header() + "A", k.Header()[1:], k.Header()[:63] + "=", "é" + k.Header()[2:]} {
		if _, _, err := ParseHeader(bad); !errors.Is(err, ErrHeader) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if _, err := Derive(make([]byte, 32)); err == nil {
		t.Error("a short session key is taken")
	}
}

func TestRow(t *testing.T) {
	t.Parallel()
	k, service := session(t, 1), keys.New()
	at := At{keys.Account{Tenant: "default", ID: keys.NewID()}, k.SID}
	want := Row{k.C2S, k.S2C, []Opened{{Partition: keys.NewID(), Epoch: 2, Key: keys.New()}}}
	sealed := want.Seal(at, k.Open, service)
	if got, err := OpenRow(at, k.Open, service, sealed); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v", got, err)
	}
	moved := at
	moved.Account.ID = keys.NewID()
	elsewhere := at
	elsewhere.Account.Tenant = "other"
	renamed := at
	renamed.SID[3]++
	for name, try := range map[string]func() (Row, error){
		"another's account":     func() (Row, error) { return OpenRow(moved, k.Open, service, sealed) },
		"another tenant":        func() (Row, error) { return OpenRow(elsewhere, k.Open, service, sealed) },
		"another session":       func() (Row, error) { return OpenRow(renamed, k.Open, service, sealed) },
		"without the client":    func() (Row, error) { return OpenRow(at, keys.Key{}, service, sealed) },
		"without the server":    func() (Row, error) { return OpenRow(at, k.Open, keys.Key{}, sealed) },
		"the two keys switched": func() (Row, error) { return OpenRow(at, service, k.Open, sealed) },
	} {
		if _, err := try(); !errors.Is(err, keys.ErrSealed) {
			t.Errorf("%s: %v", name, err)
		}
	}
	want.Wipe()
	if want.C2S != (keys.Key{}) || want.S2C != (keys.Key{}) || want.Opened[0].Key != (keys.Key{}) {
		t.Error("keys are left")
	}
}

func FuzzHear(f *testing.F) {
	k := session(f, 1)
	raw, _ := k.Ask(1, asked)
	f.Add(raw)
	f.Add([]byte{0x84, 1, 1, 0x40, 0x40})
	f.Add([]byte{0x9f, 0xff})
	f.Fuzz(func(t *testing.T, raw []byte) {
		if heard, err := session(t, 2).Hear(raw); err == nil {
			t.Errorf("a session hears what was never said to it: %+v", heard)
		}
		var r Request
		_ = decoding.Unmarshal(raw, &r) // what a client that has the keys can send
	})
}
