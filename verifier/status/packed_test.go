package status

import (
	"errors"
	"testing"
	"time"

	"github.com/procura-dev/procura/verifier/vc"
)

// A list of a pack serves whom it would have served, and its proof is checked.
func TestPackedLists(t *testing.T) {
	t.Parallel()
	p := newPublisher(t, 0)
	text := string(p.token(t, start, []byte{3, 0}))
	lists, err := Packed(map[string]string{listURL: text})
	if err != nil {
		t.Fatal(err)
	}
	p.lists = lists
	if v, err := p.value(t, time.Nanosecond); v != 3 || err != nil {
		t.Errorf("got %d, %v", v, err)
	}
	if _, err := lists.Get(t.Context(), "https://example.com/2", AnyAge); err == nil || !unreachable(err) {
		t.Errorf("another list: %v", err)
	}
	if !lists.Allows("https://example.com/2") || p.asked.Load() > 0 {
		t.Errorf("%d fetches", p.asked.Load())
	}
	forged := text[:len(text)-6] + "AAAAAA"
	if p.lists, err = Packed(map[string]string{listURL: forged}); err != nil {
		t.Fatal(err)
	}
	if _, err := p.value(t, AnyAge); err == nil {
		t.Error("a list whose proof does not hold is read")
	}
	for name, lists := range map[string]map[string]string{
		"another list": {"https://example.com/2": text}, "no list": {listURL: "{}"}, "a large one": {listURL: text + string(make([]byte, maxBody))},
	} {
		if _, err := Packed(lists); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}

func unreachable(err error) bool {
	r, ok := errors.AsType[*vc.Refusal](err)
	return ok && r.Code == Unreachable
}

// What is put into a pack was proved, and can be decompressed.
func TestCheckList(t *testing.T) {
	t.Parallel()
	p := newPublisher(t, 0)
	for name, c := range map[string]struct {
		text string
		fine bool
	}{
		"sound":         {string(p.token(t, start, []byte{0}, "exp", start.Add(time.Hour).Unix())), true},
		"no values":     {string(p.token(t, start, nil, "status_list", map[string]any{"bits": 8, "lst": "AAAA"})), false},
		"forged":        {string(p.token(t, start, []byte{0}))[:200] + "AAAA", false},
		"another's":     {string(p.token(t, start, []byte{0}, "iss", "did:key:zOther")), false},
		"a bomb":        {string(p.token(t, start, make([]byte, maxValues+1))), false},
		"over long ago": {string(p.token(t, start, []byte{0}, "exp", start.Add(-time.Hour).Unix())), true},
	} {
		l, err := ListAt(listURL, c.text)
		var s Summary
		if err == nil {
			s, err = l.Check(t.Context(), p.proofs())
		}
		if (err == nil) != c.fine || c.fine && (s.Issuer != p.key.DID() || !s.SignedAt.Equal(start) || l.Summary().Issuer != s.Issuer) {
			t.Errorf("%s: %v, %v", name, s, err)
		}
	}
}
