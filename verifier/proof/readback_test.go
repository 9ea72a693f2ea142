package proof

import "testing"

// A statement that no place takes is refused, whomever it is about.
func TestNoStatementIsLeftOver(t *testing.T) {
	t.Parallel()
	const root = "urn:root"
	about := func(subject, predicate string, object term) statement {
		return statement{subject: term{kind: iriTerm, value: subject}, predicate: predicate, object: object}
	}
	text := term{kind: literalTerm, value: "x", datatype: xsdString}
	place := newPlace(idSlot(), typeSlot(map[string]string{"Root": root}, ""), textSlot("a", "urn:a"))
	good := []statement{about("urn:1", rdfType, term{kind: iriTerm, value: root}), about("urn:1", "urn:a", text)}
	if tree, err := readBack(place, root, good); err != nil || tree["a"] != "x" {
		t.Fatalf("%v, %v", tree, err)
	}
	for name, more := range map[string]statement{
		"of the same node":  about("urn:1", "urn:b", text),
		"of another":        about("urn:2", "urn:a", text),
		"of a second value": about("urn:1", "urn:a", term{kind: literalTerm, value: "y", datatype: xsdString}),
	} {
		if tree, err := readBack(place, root, append(good[:2:2], more)); err == nil {
			t.Errorf("%s: %v", name, tree)
		}
	}
}
