package verifier

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/procura-dev/procura/policies/sgl"
)

// A jsonText writes JSON as encoding/json does, to the byte, without looking at
// types by reflection: each decision's digest covers its whole input. What it
// has no method for it leaves to encoding/json. After an error the text is
// worth nothing.
type jsonText struct {
	text []byte
	err  error
}

// begin writes a comma, unless the value is the first of its object or list.
// No value ends as one begins.
func (w *jsonText) begin() {
	if last := w.text[len(w.text)-1]; last != '{' && last != '[' {
		w.text = append(w.text, ',')
	}
}

// name begins a member. Its name is one of ours, without anything to escape.
func (w *jsonText) name(name string) {
	w.begin()
	w.text = append(w.text, '"')
	w.text = append(w.text, name...)
	w.text = append(w.text, '"', ':')
}

func (w *jsonText) string(name, value string) {
	w.name(name)
	w.quote(value)
}

// some writes a text that is not empty.
func (w *jsonText) some(name, value string) {
	if value != "" {
		w.string(name, value)
	}
}

func (w *jsonText) bool(name string, value bool) {
	w.name(name)
	w.text = strconv.AppendBool(w.text, value)
}

func (w *jsonText) int(name string, value int64) {
	w.name(name)
	w.text = strconv.AppendInt(w.text, value, 10)
}

func (w *jsonText) index(i *int) { w.text = strconv.AppendInt(w.text, int64(*i), 10) }

// date writes nanoseconds since 1970, if any.
func (w *jsonText) date(name string, value *int64) {
	if value != nil {
		w.int(name, *value)
	}
}

// value writes anything.
func (w *jsonText) value(name string, value any) {
	w.name(name)
	w.any(value)
}

func (w *jsonText) any(value any) {
	switch v := value.(type) {
	case string:
		w.quote(v)
	case bool:
		w.text = strconv.AppendBool(w.text, v)
	case map[string]any:
		writeMap(w, v, w.any)
	case []any:
		writeList(w, v, func(item *any) { w.any(*item) })
	case *sgl.Rule:
		w.text = v.AppendJSON(w.text)
	default:
		w.other(v)
	}
}

// other writes what encoding/json has to look at.
func (w *jsonText) other(value any) {
	raw, err := json.Marshal(value)
	if err != nil {
		w.err = err
	}
	w.text = append(w.text, raw...)
}

// quote writes a text; one with anything to escape is encoding/json's.
func (w *jsonText) quote(value string) {
	wide := false
	for i := range len(value) {
		if c := value[i]; !plain[c] {
			w.other(value)
			return
		} else if c >= utf8.RuneSelf {
			wide = true
		}
	}
	if wide && strings.ContainsFunc(value, escaped) {
		w.other(value)
		return
	}
	w.text = append(w.text, '"')
	w.text = append(w.text, value...)
	w.text = append(w.text, '"')
}

// plain are the bytes that encoding/json writes as they stand, but for some of the
// texts that are not ASCII.
var plain = func() (plain [256]bool) {
	for c := range plain {
		plain[c] = c >= ' ' && !strings.ContainsRune(`"\<>&`, rune(c))
	}
	return plain
}()

// escaped is what encoding/json writes otherwise than it stands, and may be what is
// no UTF-8.
func escaped(c rune) bool { return c == '\u2028' || c == '\u2029' || c == utf8.RuneError }

func (w *jsonText) strings(name string, list []string) {
	w.name(name)
	writeList(w, list, func(text *string) { w.quote(*text) })
}

// writeList writes a list; nil is null.
func writeList[T any](w *jsonText, list []T, item func(*T)) {
	if list == nil {
		w.text = append(w.text, "null"...)
		return
	}
	w.text = append(w.text, '[')
	for i := range list {
		w.begin()
		item(&list[i])
	}
	w.text = append(w.text, ']')
}

// writeMap writes an object, by name; nil is null.
func writeMap[T any](w *jsonText, m map[string]T, item func(T)) {
	if m == nil {
		w.text = append(w.text, "null"...)
		return
	}
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	w.text = append(w.text, '{')
	for _, name := range names {
		w.begin()
		w.quote(name)
		w.text = append(w.text, ':')
		item(m[name])
	}
	w.text = append(w.text, '}')
}
