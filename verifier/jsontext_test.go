package verifier

import (
	"encoding/json"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/procura-dev/procura/policies/facts"
	"github.com/procura-dev/procura/policies/sgl"
)

// A filler makes values of any type, each member of a struct now and then its
// zero value.
type filler struct{ *rand.Rand }

var (
	hardTexts  = []string{"", "a", "did:key:z6Mk", "<b>&amp;", `"\`, "\x00\n\t\r\b\f\x1f\x7f", "é\u2028\u2029", "\xff\xc3", "a\U0001F600", "Prüfen – \u0645", "\ufffd", "{", "[", ":"}
	hardValues = []any{nil, true, false, 0.0, -1.5, 1e21, 1e-7, json.Number("12"), 7, []string{"a", "<"}, []string(nil), map[string]string{"b": "<", "a": ""}, []any(nil), map[string]any(nil),
		sgl.ParseRule(map[string]any{"grant": "<", "when": map[string]any{"x": 1.5, "op": "<"}}), sgl.ParseRule(nil)}
)

func (f filler) fill(v reflect.Value, depth int) {
	if f.IntN(5) == 0 {
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(hardTexts[f.IntN(len(hardTexts))])
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(f.Int64() >> f.IntN(64))
	case reflect.Float64:
		v.SetFloat(f.NormFloat64() * 1e6)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		f.fill(v.Elem(), depth)
	case reflect.Struct:
		for i := range v.NumField() {
			f.fill(v.Field(i), depth)
		}
	case reflect.Interface:
		f.any(v, depth)
	default:
		f.several(v, depth)
	}
}

func (f filler) several(v reflect.Value, depth int) {
	n := f.IntN(3)
	if v.Kind() == reflect.Slice {
		v.Set(reflect.MakeSlice(v.Type(), n, n))
		for i := range n {
			f.fill(v.Index(i), depth+1)
		}
		return
	}
	v.Set(reflect.MakeMap(v.Type()))
	for range n {
		item := reflect.New(v.Type().Elem()).Elem()
		f.fill(item, depth+1)
		v.SetMapIndex(reflect.ValueOf(hardTexts[f.IntN(len(hardTexts))]), item)
	}
}

func (f filler) any(v reflect.Value, depth int) {
	var of reflect.Value
	switch n := f.IntN(6); {
	case n == 0 && depth < 5:
		of = reflect.ValueOf(new(map[string]any))
	case n == 1 && depth < 5:
		of = reflect.ValueOf(new([]any))
	case n < 4:
		of = reflect.ValueOf(new(string))
	default:
		if hard := hardValues[f.IntN(len(hardValues))]; hard != nil {
			v.Set(reflect.ValueOf(hard))
		}
		return
	}
	f.fill(of.Elem(), depth)
	v.Set(of.Elem())
}

// TestJSONText: inputs, requests and answers are written as encoding/json writes
// them, with any member set or not. A member that is new in one of their types
// must be written too.
func TestJSONText(t *testing.T) {
	t.Parallel()
	for seed := range uint64(3000) {
		f := filler{rand.New(rand.NewPCG(seed, 1))}
		var in facts.Input
		var a Answer
		f.fill(reflect.ValueOf(&in).Elem(), 0)
		f.fill(reflect.ValueOf(&a).Elem(), 0)
		for _, written := range []struct {
			by    func() ([]byte, error)
			value any
		}{
			{func() ([]byte, error) { return writeInput(&in), nil }, in},
			{func() ([]byte, error) { return writeRequest(&in.Request) }, in.Request},
			{func() ([]byte, error) { return writeAnswer(&a) }, a},
		} {
			got, err := written.by()
			want, wrong := json.Marshal(written.value)
			if err != nil || wrong != nil || string(got) != string(want) {
				t.Fatalf("seed %d: %T: got %v\n%s\nwant %v\n%s", seed, written.value, err, got, wrong, want)
			}
		}
	}
}

func writeInput(in *facts.Input) []byte {
	w := &jsonText{}
	w.input(in)
	return w.text
}

// TestJSONTextOfNothing: what JSON cannot say is an error, wherever it stands.
func TestJSONTextOfNothing(t *testing.T) {
	t.Parallel()
	in := &facts.Input{Presentations: []facts.Presentation{{Credentials: []facts.Credential{{Holder: facts.Holder{Properties: map[string]any{"a": []any{func() {}}}}}}}}}
	if sum, err := inputDigest(in); err == nil {
		t.Errorf("a function was written: %s", sum)
	}
}
