package query

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// A reader reads a query, and keeps what is wrong first.
type reader struct {
	fault   *Fault
	weights int // of the filters read
}

func (r *reader) wrong(kind error, path, format string, args ...any) {
	if r.fault == nil {
		r.fault = &Fault{Kind: kind, Path: path, Why: fmt.Sprintf(format, args...)}
	}
}

func (r *reader) malformed(path, format string, args ...any) {
	r.wrong(ErrMalformed, path, format, args...)
}

func (r *reader) err() error {
	if r.fault == nil {
		return nil
	}
	return r.fault
}

// An object is one of a query's while it is read. Of what is absent or of another
// shape its methods return zero.
type object struct {
	*reader
	path    string
	members map[string]any
	known   map[string]bool
}

// object reads one; what is none reads as an empty one.
func (r *reader) object(v any, path string) object {
	m, ok := v.(map[string]any)
	if !ok {
		r.malformed(path, "must be an object")
	}
	return object{r, path, m, map[string]bool{}}
}

func (o object) at(name string) string {
	return o.path + "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
}

// get is a member's value.
func (o object) get(name string, required bool) (any, bool) {
	o.known[name] = true
	v, ok := o.members[name]
	if !ok && required {
		o.malformed(o.at(name), "is required")
	}
	return v, ok
}

// closed refuses members that were not asked for.
func (o object) closed() {
	for name := range o.members {
		if !o.known[name] {
			o.wrong(ErrUnsupported, o.at(name), "is not understood here")
		}
	}
}

func (o object) text(name string, required bool) string {
	v, ok := o.get(name, required)
	if !ok {
		return ""
	}
	s, ok := v.(string)
	if !ok || s == "" || len(s) > maxText {
		o.malformed(o.at(name), "must be a text of 1 to %d bytes", maxText)
	}
	return s
}

// words are for people: not read further.
func (o object) words(names ...string) {
	for _, name := range names {
		if v, ok := o.get(name, false); ok {
			if s, is := v.(string); !is || len(s) > maxText {
				o.malformed(o.at(name), "must be a text of at most %d bytes", maxText)
			}
		}
	}
}

func (o object) oneOf(name string, required bool, values ...string) string {
	s := o.text(name, required)
	if s != "" && !slices.Contains(values, s) {
		o.malformed(o.at(name), "must be one of %s", strings.Join(values, ", "))
	}
	return s
}

func (o object) flag(name string, otherwise bool) bool {
	v, ok := o.get(name, false)
	if !ok {
		return otherwise
	}
	b, ok := v.(bool)
	if !ok {
		o.malformed(o.at(name), "must be true or false")
	}
	return b
}

// count is a whole number from least; -1: absent.
func (o object) count(name string, least int) int {
	v, ok := o.get(name, false)
	if !ok {
		return -1
	}
	n, ok := v.(float64)
	if !ok || n != math.Trunc(n) || n < float64(least) || n > 1<<20 {
		o.malformed(o.at(name), "must be a whole number from %d", least)
		return -1
	}
	return int(n)
}

// list is a list of 1 to most values; nil where it is absent.
func (o object) list(name string, required bool, most int) []any {
	v, ok := o.get(name, required)
	if !ok {
		return nil
	}
	l, ok := v.([]any)
	switch {
	case !ok || len(l) == 0:
		o.malformed(o.at(name), "must be a list, and not empty")
	case len(l) > most:
		o.wrong(ErrTooMuch, o.at(name), "lists more than %d", most)
		return nil
	}
	return l
}

func (o object) objects(name string, required bool, most int) []object {
	l := o.list(name, required, most)
	out := make([]object, len(l))
	for i, v := range l {
		out[i] = o.object(v, o.at(name)+"/"+strconv.Itoa(i))
	}
	return out
}

// some are the objects of a list, or the one that stands in its place.
func (o object) some(name string, required bool, most int) []object {
	if v, _ := o.get(name, required); v != nil {
		if _, listed := v.([]any); !listed {
			return []object{o.object(v, o.at(name))}
		}
	}
	return o.objects(name, required, most)
}

func (o object) texts(name string, required bool) []string {
	return o.reader.texts(o.list(name, required, maxList), o.at(name))
}

func (r *reader) texts(l []any, path string) []string {
	out := make([]string, len(l))
	for i, v := range l {
		s, ok := v.(string)
		if !ok || s == "" || len(s) > maxText {
			r.malformed(path+"/"+strconv.Itoa(i), "must be a text of 1 to %d bytes", maxText)
		}
		out[i] = s
	}
	return out
}

// lists is a list of lists of texts, none of them empty.
func (o object) lists(name string, required bool) [][]string {
	l := o.list(name, required, maxList)
	out := make([][]string, len(l))
	for i, v := range l {
		at := o.at(name) + "/" + strconv.Itoa(i)
		inner, ok := v.([]any)
		if !ok || len(inner) == 0 || len(inner) > 2*maxList {
			o.malformed(at, "must be a list of 1 to %d texts", 2*maxList)
		}
		out[i] = o.reader.texts(inner, at)
	}
	return out
}
