package verifier

import (
	"context"
	"slices"

	"golang.org/x/text/unicode/norm"

	"github.com/procura-dev/procura/policies/facts"
	"github.com/procura-dev/procura/trustframeworks"
)

// describe puts beside each credential of the presentation taken last what others
// of it say of its holder (semantics 4.2). Nothing is kept but what the framework
// names: its properties, and what tells people apart.
func (d *decider) describe(ctx context.Context) error {
	p := d.last()
	for i := range p.Credentials {
		c := &p.Credentials[i]
		f, err := d.framework(ctx, p.versions[i])
		if err != nil {
			return err
		}
		names := told(f.Document)
		for _, s := range p.supporting {
			if s.fact.Subject != c.Holder.ID || !slices.Contains(s.under, p.versions[i]) {
				continue
			}
			if fact := s.of(names); len(fact.Attributes) > 0 {
				c.About = append(c.About, fact)
			}
		}
	}
	return nil
}

// told are the names, in NFKC, of what others may say of a holder.
func told(doc *trustframeworks.Document) map[string]bool {
	names := map[string]bool{}
	for _, p := range doc.Properties {
		names[norm.NFKC.String(p.Name)] = true
	}
	if doc.UniquePerson != nil {
		names[norm.NFKC.String(doc.UniquePerson.Attribute)] = true
	}
	return names
}

// of is the fact with the attributes of these names, as they are written.
func (s supporting) of(names map[string]bool) facts.Supporting {
	fact := s.fact
	fact.Attributes = map[string]any{}
	for name, v := range s.said {
		if names[norm.NFKC.String(name)] && length(v) <= maxAttribute {
			fact.Attributes[name] = v
		}
	}
	return fact
}

// length is how many bytes the texts of a value have together.
func length(v any) int {
	switch v := v.(type) {
	case string:
		return len(v)
	case []any:
		n := len(v)
		for _, member := range v {
			n += length(member)
		}
		return n
	case map[string]any:
		return maxAttribute + 1
	}
	return 0
}
