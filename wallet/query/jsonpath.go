package query

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/theory/jsonpath"
	"github.com/theory/jsonpath/spec"
)

// A jsonPath is a JSONPath query (RFC 9535) whose work is bounded.
type jsonPath struct {
	path *jsonpath.Path
	cost int // of each value of a document; 0: one value is named
}

// function is a call, or what could be one: a function's work is its own.
var function = regexp.MustCompile(`[A-Za-z0-9_]\(`)

// maxJSONPath bounds its text, in bytes.
const maxJSONPath = 512

// readPath reads one. Of what repeats work there is little in one: each of
// $..*[?$..*] looks at all for each of all.
func (r *reader) readPath(text, at string) (p jsonPath) {
	commas := strings.Count(text, ",")
	switch {
	case len(text) > maxJSONPath, commas > 4, strings.Count(text, "$") > 1, strings.Count(text, "..") > 1,
		strings.Count(text, "?") > 1, strings.Count(text, "*") > 8:
		r.wrong(ErrTooMuch, at, "selects too much: one $, one .., one filter, eight wildcards and four commas are allowed, in %d bytes", maxJSONPath)
		return p
	case function.MatchString(text):
		r.wrong(ErrUnsupported, at, "calls a function")
		return p
	}
	path, err := jsonpath.Parse(text)
	if err != nil {
		r.malformed(at, "is no JSONPath of RFC 9535")
		return p
	}
	if strings.ContainsAny(text, "*?:,") || strings.Contains(text, "..") {
		p.cost = 4 << commas
	}
	p.path = path
	return p
}

// first is the first value that a path selects, and where it stands; members of
// an object are in the order of their names.
func (p jsonPath) first(s *search, c *Credential) (place []string, v any, ok bool, err error) {
	if err := s.spend(1 + p.cost*c.size); err != nil {
		return nil, nil, false, err
	}
	nodes := p.path.SelectLocated(c.decoded)
	if len(nodes) == 0 {
		return nil, nil, false, nil
	}
	nodes.Sort()
	for _, selector := range nodes[0].Path {
		switch n := selector.(type) {
		case spec.Name:
			place = append(place, string(n))
		case spec.Index:
			place = append(place, strconv.Itoa(int(n)))
		}
	}
	return place, nodes[0].Node, true, nil
}

// size counts the values of a tree.
func size(v any) int {
	n := 1
	switch v := v.(type) {
	case map[string]any:
		for _, inner := range v {
			n += size(inner)
		}
	case []any:
		for _, inner := range v {
			n += size(inner)
		}
	}
	return n
}
