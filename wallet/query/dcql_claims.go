package query

import (
	"math"
	"slices"
	"strconv"
)

// maxPath bounds a claims path pointer, in components: no credential is deeper.
const maxPath = 64

// A claim is a Claims Query.
type claim struct {
	path   []any // of string, int, and nil for all elements of a list
	values []any // one of which it must be; nil: any
}

// readClaim reads one (OpenID4VP 1.0, "Claims Query", "Claims Path Pointer").
func readClaim(o object) (c claim) {
	for i, v := range o.list("path", true, maxPath) {
		at := o.at("path") + "/" + strconv.Itoa(i)
		switch v := v.(type) {
		case nil:
			c.path = append(c.path, nil)
		case string:
			c.path = append(c.path, v)
		case float64:
			if v < 0 || v != math.Trunc(v) || v > math.MaxInt32 {
				o.malformed(at, "must be a whole number from 0")
				continue
			}
			c.path = append(c.path, int(v))
		default:
			o.malformed(at, "must be a text, a whole number or null")
		}
	}
	for i, v := range o.list("values", false, maxList) {
		if n, ok := v.(float64); ok && n != math.Trunc(n) || !scalar(v) {
			o.malformed(o.at("values")+"/"+strconv.Itoa(i), "must be a text, a whole number, true or false")
		}
		c.values = append(c.values, v)
	}
	return c
}

func scalar(v any) bool {
	switch v.(type) {
	case string, float64, bool:
		return true
	}
	return false
}

// A selected is an element of a credential, and where it stands.
type selected struct {
	place []string
	value any
}

// claimed are the places of claims; not ok where one of them is not there.
func claimed(s *search, all []claim, doc map[string]any) (places [][]string, ok bool, err error) {
	for _, c := range all {
		found, err := c.in(s, doc)
		if err != nil || len(found) == 0 {
			return nil, false, err
		}
		for _, f := range found {
			places = append(places, f.place)
		}
	}
	return places, true, nil
}

// in are the elements that a pointer selects, and that have one of the values
// asked for; none where its processing is aborted ("Processing").
func (c *claim) in(s *search, doc map[string]any) ([]selected, error) {
	now := []selected{{value: doc}}
	for _, component := range c.path {
		var next []selected
		for _, e := range now {
			below, ok := e.below(component)
			if err := s.spend(1 + len(below)); err != nil || !ok {
				return nil, err
			}
			next = append(next, below...)
		}
		now = next
	}
	if c.values == nil {
		return now, nil
	}
	return slices.DeleteFunc(now, func(e selected) bool {
		return !scalar(e.value) || !slices.Contains(c.values, e.value)
	}), nil
}

// below are the elements that one component selects; not ok where it cannot be
// applied.
func (e *selected) below(component any) ([]selected, bool) {
	if name, ok := component.(string); ok {
		m, ok := e.value.(map[string]any)
		if v, there := m[name]; there {
			return []selected{e.down(name, v)}, ok
		}
		return nil, ok
	}
	l, ok := e.value.([]any)
	if i, one := component.(int); one {
		if i < len(l) {
			return []selected{e.down(strconv.Itoa(i), l[i])}, ok
		}
		return nil, ok
	}
	all := make([]selected, len(l))
	for i, v := range l {
		all[i] = e.down(strconv.Itoa(i), v)
	}
	return all, ok
}

func (e *selected) down(name string, v any) selected {
	return selected{append(slices.Clone(e.place), name), v}
}
