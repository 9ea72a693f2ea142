package facts

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/gowebpki/jcs"
)

func TestCanonicalJSONIsJCS(t *testing.T) {
	t.Parallel()
	for _, v := range []any{
		"", "TH", `a"b`, `a\b`, "é", "\u007f", "a\nb", "<&>", "\u2028", 0.0, math.Copysign(0, -1), 1.0, -7.0, 0.1, 1e21, 1 << 53, 9007199254740991.0,
		true, nil, []any{}, map[string]any{}, []any{"a", 1.0, []any{nil}}, []any{"a", "b"},
		map[string]any{"b": 1.0, "a": "x", "aa": []any{"y"}}, map[string]any{"\ufb33": 1.0, "\U0001f600": 2.0},
		map[string]any{"en": "when it rains", "es": "cuando llueve"}, map[string]any{"€": 1.0, "a": 1.0},
	} {
		raw, err := json.Marshal([]any{v})
		if err != nil {
			t.Fatal(err)
		}
		want, err := jcs.Transform(raw)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := canonicalJSON(v); err != nil || "["+string(got)+"]" != string(want) {
			t.Errorf("%v: got %s, %v, want %s", v, got, err, want)
		}
	}
}
