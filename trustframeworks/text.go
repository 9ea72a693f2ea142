package trustframeworks

import (
	"encoding/json"
	"slices"
	"strings"
)

// Text is what a person reads: one string, or one for each BCP 47 tag. The
// string that stands without a tag has the key "".
type Text map[string]string

// UnmarshalJSON reads a string, or an object of strings.
func (t *Text) UnmarshalJSON(raw []byte) error {
	var plain string
	if json.Unmarshal(raw, &plain) == nil {
		*t = Text{"": plain}
		return nil
	}
	return json.Unmarshal(raw, (*map[string]string)(t))
}

// MarshalJSON writes what [Text.UnmarshalJSON] reads.
func (t Text) MarshalJSON() ([]byte, error) {
	if plain, ok := t[""]; ok && len(t) == 1 {
		return json.Marshal(plain)
	}
	return json.Marshal(map[string]string(t))
}

// In returns the text for a BCP 47 tag by RFC 4647 "Lookup": the tag, cut from
// the right until it is found; then the untagged text, English, and the first
// tag in order. It is empty only where the text is.
func (t Text) In(tag string) string {
	tag = strings.ToLower(tag)
	for tag != "" {
		if s, ok := t.lookup(tag); ok {
			return s
		}
		tag = shorten(tag)
	}
	for _, tag := range []string{"", "en"} {
		if s, ok := t.lookup(tag); ok {
			return s
		}
	}
	for _, tag := range t.Tags() {
		return t[tag]
	}
	return ""
}

// Tags returns the tags in order.
func (t Text) Tags() []string {
	tags := make([]string, 0, len(t))
	for tag := range t {
		tags = append(tags, tag)
	}
	slices.Sort(tags)
	return tags
}

func (t Text) lookup(lower string) (string, bool) {
	for tag, s := range t {
		if strings.ToLower(tag) == lower {
			return s, true
		}
	}
	return "", false
}

// shorten cuts the last subtag, and a single-letter one that it leaves at the
// end (RFC 4647, 3.4).
func shorten(tag string) string {
	i := strings.LastIndexByte(tag, '-')
	if i < 0 {
		return ""
	}
	tag = tag[:i]
	if len(tag) > 1 && tag[len(tag)-2] == '-' {
		tag = tag[:len(tag)-2]
	}
	return tag
}
