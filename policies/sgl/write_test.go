package sgl_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"math"
	"reflect"
	"testing"

	"github.com/procura-dev/procura/policies/sgl"
)

// written is the SHA-256 of what the rules of TestWritten were written as when
// the shape was made. Recorded inputs carry it: it does not change.
const written = "d326a727916310d3e1947a22f2986ff8524e333e21ada20c76d0ba1fd888f706"

// TestWritten: a rule is written as Derive has it, whoever writes it, and decides
// alike before and after.
func TestWritten(t *testing.T) {
	t.Parallel()
	all := sha256.New()
	for seed := range uint64(5000) {
		c := seeded(seed)
		rule := c.anyRule()
		parsed, group := sgl.ParseRule(rule), derived(c.group(6))
		want, err := json.Marshal(sgl.Derive(rule))
		if err != nil {
			t.Fatal(err)
		}
		all.Write(want)
		if got := parsed.AppendJSON([]byte("before")); string(got) != "before"+string(want) {
			t.Fatalf("seed %d: appended\n%s\nwant\n%s", seed, got, want)
		}
		if got, err := json.Marshal(parsed); err != nil || !bytes.Equal(got, want) {
			t.Fatalf("seed %d: %v: marshalled\n%s\nwant\n%s", seed, err, got, want)
		}
		if got, want := unescaped(t, parsed), unescaped(t, sgl.Derive(rule)); got != want {
			t.Fatalf("seed %d: without escapes\n%s\nwant\n%s", seed, got, want)
		}
		sameVerdicts(t, parsed, group)
	}
	if got := hex.EncodeToString(all.Sum(nil)); got != written {
		t.Errorf("the rules are written otherwise than they were: %s", got)
	}
}

// anyRule makes a random rule, now and then one that grants nothing.
func (c chance) anyRule() map[string]any {
	rule := map[string]any{"grant": pick[any](c, "g", "<ﬁ>", []any{"g", "h\u2028", "ﬁ", "fi"}), "when": c.condition(1 + c.IntN(5))}
	if c.IntN(3) == 0 {
		rule["id"] = pick(c, "", "a & b", "é\"\\")
	}
	switch c.IntN(20) {
	case 0:
		rule["when"] = map[string]any{"any": []any{rule["when"], c.condition(2)}, "n": 9000.0}
	case 1:
		rule["when"] = map[string]any{"<x>": c.value(false), "op": "is"}
	case 2:
		rule["when"] = map[string]any{"<x>": pick[any](c, 1e300, 1e-9, 1<<53, math.Copysign(0, -1), []any{1.5, "1"})}
	}
	return rule
}

func unescaped(t *testing.T, v any) string {
	t.Helper()
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func sameVerdicts(t *testing.T, parsed *sgl.Rule, group []any) {
	t.Helper()
	people, err := sgl.ReadPrincipals(group)
	if err != nil {
		t.Fatal(err)
	}
	for _, way := range [][2]bool{{false, false}, {false, true}, {true, false}, {true, true}} {
		want := sgl.Verdict(parsed, people, way[0], way[1])
		got := inGo(t, question{Rule: parsed.Derived(), Principals: group, Disjoint: way[0], Unique: way[1]})
		if got.Met != want.Met || !reflect.DeepEqual(got.Principals, append([]int{}, want.Principals...)) {
			t.Fatalf("%v: got %v after JSON, want %v", way, got, want)
		}
	}
}
