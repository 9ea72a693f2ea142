package verifier

import (
	"fmt"
	"slices"
	"sort"
	"strings"
)

// An Invalid says which members of a request are wrong. Nothing was done.
type Invalid struct {
	Faults []Fault // at least one, sorted by path
}

// A Fault is one wrong member.
type Fault struct {
	Path    string `json:"path"` // JSON Pointer into the request
	Message string `json:"message"`
}

func (e *Invalid) Error() string {
	parts := make([]string, len(e.Faults))
	for i, f := range e.Faults {
		parts[i] = f.Path + ": " + f.Message
	}
	return strings.Join(parts, "; ")
}

// A reader takes a request's tree apart and collects what is wrong with it:
// unknown members are refused, a member of another shape is a fault.
type reader struct {
	faults []Fault // maxFaults at most
}

// maxFaults bounds how much is told of a request in which all is wrong.
const maxFaults = 100

func (r *reader) fault(path, format string, args ...any) {
	if len(r.faults) == maxFaults {
		return
	}
	r.faults = append(r.faults, Fault{Path: path, Message: fmt.Sprintf(format, args...)})
}

// err returns all faults as one *Invalid, nil without any.
func (r *reader) err() error {
	if len(r.faults) == 0 {
		return nil
	}
	sort.SliceStable(r.faults, func(i, j int) bool { return r.faults[i].Path < r.faults[j].Path })
	return &Invalid{Faults: r.faults}
}

// object reads v as an object that has known members only.
func (r *reader) object(path string, v any, known ...string) map[string]any {
	m, ok := v.(map[string]any)
	if !ok {
		r.fault(path, "must be an object")
		return nil
	}
	for k := range m {
		if !slices.Contains(known, k) {
			r.fault(path+"/"+pointer(k), "is not a member here: known are %s", strings.Join(known, ", "))
		}
	}
	return m
}

// text reads an optional string; empty where absent. Present it must not be empty.
func (r *reader) text(path string, m map[string]any, name string) string {
	v, ok := m[name]
	if !ok {
		return ""
	}
	s, ok := v.(string)
	if !ok || s == "" {
		r.fault(path+"/"+name, "must be a string that is not empty")
	}
	return s
}

// required reads a string that must be there.
func (r *reader) required(path string, m map[string]any, name string) string {
	if _, given := m[name]; !given {
		r.fault(path+"/"+name, "is required")
	}
	return r.text(path, m, name)
}

// texts reads an optional list of different strings.
func (r *reader) texts(path string, v any, most int) []string {
	list, ok := v.([]any)
	if !ok || len(list) == 0 || len(list) > most {
		r.fault(path, "must be a list of 1 to %d strings", most)
		return nil
	}
	out := make([]string, 0, len(list))
	for i, item := range list {
		s, ok := item.(string)
		switch {
		case !ok || s == "":
			r.fault(fmt.Sprintf("%s/%d", path, i), "must be a string that is not empty")
		case slices.Contains(out, s):
			r.fault(fmt.Sprintf("%s/%d", path, i), "is named twice")
		default:
			out = append(out, s)
		}
	}
	return out
}

// number reads an optional number between low and high, nil where absent.
func (r *reader) number(path string, m map[string]any, name string, low, high float64) *float64 {
	v, ok := m[name]
	if !ok {
		return nil
	}
	f, ok := v.(float64)
	if !ok || f < low || f > high {
		r.fault(path+"/"+name, "must be a number from %v to %v", low, high)
		return nil
	}
	return &f
}

// escaper is made once: making it takes longer than using it.
var escaper = strings.NewReplacer("~", "~0", "/", "~1")

// pointer escapes one token of a JSON Pointer (RFC 6901).
func pointer(token string) string { return escaper.Replace(token) }
