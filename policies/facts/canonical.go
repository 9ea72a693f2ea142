package facts

import (
	"encoding/json"
	"errors"
	"maps"
	"math"
	"slices"
	"strconv"

	"github.com/gowebpki/jcs"
)

// canonicalJSON is the JCS of v (RFC 8785).
func canonicalJSON(v any) ([]byte, error) {
	if out, ok := appendPlain(make([]byte, 0, 128), v); ok {
		return out, nil
	}
	// The library takes objects and arrays only, so that v travels in an array.
	raw, err := json.Marshal([]any{v})
	if err != nil {
		return nil, errors.New("is no JSON value")
	}
	out, err := jcs.Transform(raw)
	if err != nil {
		return nil, errors.New("has no canonical form")
	}
	return out[1 : len(out)-1], nil
}

// appendPlain writes what most constraints consist of and has one form in any
// JSON: ASCII without escapes, integers, and lists and objects of them. False
// where v holds anything else.
func appendPlain(out []byte, v any) (_ []byte, ok bool) {
	switch v := v.(type) {
	case string:
		return append(append(append(out, '"'), v...), '"'), isPlain(v)
	case float64:
		return strconv.AppendInt(out, int64(v), 10), v == math.Trunc(v) && math.Abs(v) < 1<<53 && (v != 0 || !math.Signbit(v))
	case []any:
		out, ok = append(out, '['), true
		for i := 0; i < len(v) && ok; i++ {
			if i > 0 {
				out = append(out, ',')
			}
			out, ok = appendPlain(out, v[i])
		}
		return append(out, ']'), ok
	case map[string]any:
		return appendPlainObject(out, v)
	}
	return out, false
}

func appendPlainObject(out []byte, v map[string]any) (_ []byte, ok bool) {
	out = append(out, '{')
	for i, name := range slices.Sorted(maps.Keys(v)) {
		if i > 0 {
			out = append(out, ',')
		}
		if out, ok = appendPlain(out, name); !ok {
			return out, false
		}
		if out, ok = appendPlain(append(out, ':'), v[name]); !ok {
			return out, false
		}
	}
	return append(out, '}'), true
}

func isPlain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}
