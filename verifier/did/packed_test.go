package did

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"
)

var packedAt = time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC)

// A document of a pack is as old as its pack, and no other is to be had.
func TestPacked(t *testing.T) {
	t.Parallel()
	const id = "did:web:a.example"
	raw, err := json.Marshal(map[string]any{
		"id": id, "assertionMethod": []any{id + "#1"},
		"verificationMethod": []any{map[string]any{
			"id": id + "#1", "type": "Multikey", "controller": id, "publicKeyMultibase": "z6MkpTHR8VNsBxYAAWHut2Geadd9jSwuBV8xRoAnwWsdvktH",
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	broken := errors.New("broken")
	for name, c := range map[string]struct {
		method string
		age    time.Duration // of the pack
		limit  time.Duration
		life   time.Duration // 0: refused
		code   string
	}{
		"new":                   {id + "#1", 0, time.Hour, time.Hour, ""},
		"at the edge":           {id + "#1", time.Hour, time.Hour, 1, ""},
		"older than allowed":    {id + "#1", time.Hour + 1, time.Hour, 0, Unresolvable},
		"where none is allowed": {id + "#1", 1, 0, 0, Unresolvable},
		"another DID":           {"did:web:b.example#1", 0, time.Hour, 0, Unresolvable},
		"another method":        {id + "#2", 0, time.Hour, 0, Unresolvable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			web, err := Packed(map[string][]byte{id: raw}, packedAt, func() time.Time { return packedAt.Add(c.age) })
			if err != nil {
				t.Fatal(err)
			}
			under := func(err error) *Resolver {
				return (&Resolver{Web: web}).Begin().Under(Terms{MaxAge: func(context.Context) (time.Duration, error) { return c.limit, err }})
			}
			key, err := under(nil).Resolve(t.Context(), c.method, Assertion)
			if wrong, _ := errors.AsType[*Error](err); c.life == 0 && (wrong == nil || wrong.Code != c.code) || c.life > 0 && (err != nil || key.Life != c.life) {
				t.Errorf("got %v, %v", key, err)
			}
			if _, err := under(broken).Resolve(t.Context(), id+"#1", Assertion); !errors.Is(err, broken) {
				t.Errorf("an age that is not known: %v", err)
			}
		})
	}
	for name, documents := range map[string]map[string][]byte{
		"a document of another": {"did:web:b.example": raw},
		"no document":           {id: []byte("{")},
		"no did:web":            {"did:key:z6MkpTHR8VNsBxYAAWHut2Geadd9jSwuBV8xRoAnwWsdvktH": raw},
		"a path upwards":        {"did:web:a.example:..:b": raw},
		"too large":             {id: append(raw, make([]byte, maxDocument)...)},
	} {
		if _, err := Packed(documents, packedAt, time.Now); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}
