package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/procura-dev/procura/policies"
)

// compareDecisions says which members of two decisions differ. What the answer
// does not show (Counted, Used) is left out.
func compareDecisions(was, is *policies.Decision) ([]string, error) {
	a, b := *was, *is
	a.Counted, b.Counted, a.Used, b.Used = nil, nil, nil, nil
	left, err := members(a)
	if err != nil {
		return nil, err
	}
	right, err := members(b)
	if err != nil {
		return nil, err
	}
	return differing("", left, right), nil
}

func members(d policies.Decision) (tree any, err error) {
	raw, err := json.Marshal(d)
	if err != nil {
		return nil, err
	}
	return tree, json.Unmarshal(raw, &tree)
}

// differing lists what differs below path, each with its JSON Pointer. Lists of
// other lengths differ as a whole.
func differing(path string, was, is any) []string {
	if reflect.DeepEqual(was, is) {
		return nil
	}
	var out []string
	switch left := was.(type) {
	case map[string]any:
		right, ok := is.(map[string]any)
		if !ok {
			break
		}
		both := maps.Clone(left)
		maps.Copy(both, right)
		for _, name := range slices.Sorted(maps.Keys(both)) {
			out = append(out, differing(path+"/"+pointer.Replace(name), left[name], right[name])...)
		}
		return out
	case []any:
		right, ok := is.([]any)
		if !ok || len(left) != len(right) {
			break
		}
		for i := range left {
			out = append(out, differing(path+"/"+strconv.Itoa(i), left[i], right[i])...)
		}
		return out
	}
	return []string{fmt.Sprintf("the decision: %s: recorded %s, now %s", path, shown(was), shown(is))}
}

// pointer escapes a member's name (RFC 6901, section 3).
var pointer = strings.NewReplacer("~", "~0", "/", "~1")

func shown(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(raw)
}
