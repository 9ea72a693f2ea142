package proof

import (
	"reflect"
	"testing"
)

// Types of one node are parted as the members say, if they are those of the node.
func TestPartTypes(t *testing.T) {
	t.Parallel()
	doc := func(id, holder, proxied any) map[string]any {
		return map[string]any{"credentialSubject": map[string]any{
			"holder": map[string]any{"id": id, "type": holder}, "proxied": map[string]any{"id": "did:a", "type": proxied},
		}}
	}
	both, more := []any{"A", "B"}, []any{"A", "B", "C"}
	for name, c := range map[string]struct {
		received, read map[string]any
		parted         bool
	}{
		"parted":                 {doc("did:a", "A", "B"), doc("did:a", both, both), true},
		"the other way round":    {doc("did:a", "B", "A"), doc("did:a", both, both), true},
		"two who are not one":    {doc("did:b", "A", "B"), doc("did:b", both, both), false},
		"a type that is not":     {doc("did:a", "A", "C"), doc("did:a", both, both), false},
		"one that is left out":   {doc("did:a", "A", "B"), doc("did:a", more, more), false},
		"one twice":              {doc("did:a", "A", "A"), doc("did:a", both, both), false},
		"a list":                 {doc("did:a", []any{"A"}, "B"), doc("did:a", both, both), false},
		"none":                   {doc("did:a", nil, "B"), doc("did:a", both, both), false},
		"of a list for the ward": {doc("did:a", "A", both), doc("did:a", both, both), false},
	} {
		partTypes(c.received, c.read)
		if got := reflect.DeepEqual(c.read, c.received); got != c.parted {
			t.Errorf("%s: parted %v, want %v: %v", name, got, c.parted, c.read)
		}
	}
	partTypes(map[string]any{}, map[string]any{}) // a supporting credential has neither
}
