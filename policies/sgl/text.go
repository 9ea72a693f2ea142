package sgl

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Format writes a rule as one sentence in the words of a locale (semantics 4.4):
//
//	[r1] Grant a, "b c" when all of (2 of role = grandparent; years_exp > 20).
//
// What it writes, Parse reads as the same rule with role as roles, one grant as
// a list, without an n of 1, and in NFKC. It takes what ParseRule takes; a rule
// too complex to be decided can still be written. Characters that show as
// nothing, or turn the direction of writing, are escaped in what is quoted.
//
// The error is a *Problem for a rule that is unusable as written or in NFKC, or
// wraps ErrLocale.
func Format(rule any, locale string) (string, error) {
	f, err := frameOf(locale)
	if err != nil {
		return "", err
	}
	sentence, problem := f.format(rule)
	if problem != nil {
		return "", problem
	}
	return sentence, nil
}

func (f *frame) format(rule any) (string, *Problem) {
	r, problem := normalForm(rule)
	if problem != nil {
		return "", problem
	}
	w := &writer{frame: f}
	if id, ok := r["id"].(string); ok {
		w.id(id)
	}
	w.add(f.grant, " ")
	w.each(", ", r["grant"].([]any), func(name any) { w.name(name.(string)) })
	w.add(" ", f.when, " ")
	w.condition(r["when"].(map[string]any))
	w.add(".")
	return w.out.String(), nil
}

// A writer writes the normal form of a rule, which it trusts.
type writer struct {
	*frame
	out strings.Builder
}

func (w *writer) add(parts ...string) {
	for _, s := range parts {
		w.out.WriteString(s)
	}
}

func (w *writer) each(separator string, members []any, write func(any)) {
	for i, m := range members {
		if i > 0 {
			w.add(separator)
		}
		write(m)
	}
}

func (w *writer) id(id string) {
	if !plainID(id) {
		id = quote(id)
	}
	w.add("[", id, "] ")
}

func (w *writer) name(name string) {
	if !w.bare(name) {
		name = quote(name)
	}
	w.add(name)
}

func (w *writer) condition(c map[string]any) {
	n, counted := c["n"].(float64)
	count := strconv.FormatFloat(n, 'f', -1, 64)
	if all, ok := c["all"].([]any); ok {
		w.inner(w.all, all)
	} else if of, ok := c["any"].([]any); ok && counted {
		w.inner(count, of)
	} else if ok {
		w.inner(w.any, of)
	} else {
		if counted {
			w.add(count, " ", w.of, " ")
		}
		w.test(c)
	}
}

func (w *writer) inner(which string, of []any) {
	w.add(which, " ", w.of, " (")
	w.each("; ", of, func(c any) { w.condition(c.(map[string]any)) })
	w.add(")")
}

func (w *writer) test(c map[string]any) {
	form, _ := formOf(c)
	written, _ := c["op"].(string)
	op := written
	switch form {
	case "id":
		w.add(w.frame.id)
	case "roles":
		w.add(w.role)
	default:
		w.name(form)
	}
	switch {
	case written == "=":
		op = w.equals
	case written == "" && (form == "id" || form == "roles"):
		op = "="
	case written == "":
		op = w.is
	}
	w.add(" ", op, " ")
	if form == "roles" && written == "" {
		w.name(c[form].(string))
		return
	}
	w.value(c[form])
}

// value writes JSON.
func (w *writer) value(v any) {
	switch v := v.(type) {
	case []any:
		w.add("[")
		w.each(", ", v, w.value)
		w.add("]")
	case string:
		w.add(quote(v))
	default:
		number, err := json.Marshal(v)
		if err != nil { // a finite number or a boolean
			panic(err)
		}
		w.out.Write(number)
	}
}

// plainID reports whether an id stands in its brackets without quotes.
func plainID(id string) bool {
	return id != "" && id == strings.TrimSpace(id) && id[0] != '"' && !strings.ContainsAny(id, "[]") &&
		strings.IndexFunc(id, func(r rune) bool { return !unicode.IsPrint(r) }) < 0
}

// quote writes a JSON string. Nothing in it can hide from a reader, or turn the
// rest of the sentence around.
func quote(s string) string {
	out := []byte{'"'}
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			out = append(out, '\\', byte(r))
		case unicode.IsPrint(r):
			out = utf8.AppendRune(out, r)
		default:
			for _, unit := range utf16.Encode([]rune{r}) {
				out = fmt.Appendf(out, `\u%04x`, unit)
			}
		}
	}
	return string(append(out, '"'))
}
