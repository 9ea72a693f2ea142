package trustframeworks

import (
	"reflect"
	"slices"
	"unicode/utf8"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// A quick is a compiled schema that can be held against values without noting
// where in them one stands. The library notes that at every step, for errors
// that a valid value never has; it still says what is wrong with any other.
type quick struct {
	*jsonschema.Schema
	known   bool // has keywords of quickFields alone; else the library is asked
	format  func(any) bool
	members map[string]*quick
	items   *quick // nil: any
}

// quickFields are the keywords that a quick understands, and those that assert
// nothing. What the library adds with another version is not among them.
var quickFields = []string{
	"Types", "Constant", "Enum", "Format", "Pattern", "MinLength", "MaxLength", "MinItems", "MaxItems", "Items2020",
	"MinProperties", "MaxProperties", "Required", "Properties", "AdditionalProperties",
	"Location", "Draft", "Title", "Description", "Default", "Comment", "ReadOnly", "WriteOnly", "Examples", "Deprecated",
	"MinContains", "MaxContains", "ContainsEval", // nothing without Contains
}

func newQuick(s *jsonschema.Schema) *quick {
	q := &quick{Schema: s, known: understood(s)}
	if !q.known {
		return q
	}
	if s.Format != "" {
		q.format = jsonschema.Formats[s.Format]
	}
	if s.Items2020 != nil {
		q.items = newQuick(s.Items2020)
	}
	q.members = make(map[string]*quick, len(s.Properties))
	for name, member := range s.Properties {
		q.members[name] = newQuick(member)
	}
	return q
}

// understood reports whether nothing is set but quickFields.
func understood(s *jsonschema.Schema) bool {
	of := reflect.ValueOf(*s)
	for _, field := range reflect.VisibleFields(of.Type()) {
		if field.IsExported() && !slices.Contains(quickFields, field.Name) && !of.FieldByIndex(field.Index).IsZero() {
			return false
		}
	}
	return s.AdditionalProperties == nil || s.AdditionalProperties == false
}

// holds reports whether v surely is as the schema says.
func (q *quick) holds(v any) bool {
	if !q.known {
		return q.Validate(v) == nil
	}
	switch v := v.(type) {
	case string:
		return q.takes("string") && q.text(v)
	case []any:
		return q.takes("array") && q.unlisted() && q.list(v)
	case map[string]any:
		return q.takes("object") && q.unlisted() && q.object(v)
	case bool:
		return q.takes("boolean") && q.unlisted()
	case float64:
		return q.takes("number") && q.unlisted()
	}
	return false
}

// takes reports whether a type is among those listed. An integer is no number
// here: the library tells them apart.
func (q *quick) takes(kind string) bool {
	return len(q.Types) == 0 || slices.Contains(q.Types, kind)
}

// unlisted reports that nothing is asked of a value beside its type and what is
// in it. Only texts are compared here with those that a schema lists.
func (q *quick) unlisted() bool {
	return len(q.Enum) == 0 && len(q.Constant) == 0 && q.format == nil
}

func (q *quick) text(v string) bool {
	return (len(q.Constant) == 0 || q.Constant[0] == v) &&
		(len(q.Enum) == 0 || slices.Contains(q.Enum, any(v))) &&
		(q.format == nil || q.format(v)) &&
		(q.MinLength < 0 && q.MaxLength < 0 || between(q.MinLength, utf8.RuneCountInString(v), q.MaxLength)) &&
		(q.Pattern == nil || q.Pattern.MatchString(v))
}

func (q *quick) list(v []any) bool {
	return between(q.MinItems, len(v), q.MaxItems) &&
		(q.items == nil || !slices.ContainsFunc(v, func(item any) bool { return !q.items.holds(item) }))
}

func (q *quick) object(v map[string]any) bool {
	if !between(q.MinProperties, len(v), q.MaxProperties) {
		return false
	}
	for _, name := range q.Required {
		if _, ok := v[name]; !ok {
			return false
		}
	}
	for name, value := range v {
		switch member := q.members[name]; {
		case member == nil && q.AdditionalProperties == false, member != nil && !member.holds(value):
			return false
		}
	}
	return true
}

// between holds n against bounds, of which a negative one is none.
func between(least, n, most int) bool {
	return (least < 0 || n >= least) && (most < 0 || n <= most)
}
