package facts

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// Compare gives the JSON Pointers, sorted, at which a recorded input, as JSON,
// and its recomputed copy differ. What differs there was derived otherwise. A
// member that one of them lacks is named, not what is in it.
func Compare(recorded []byte, recomputed *Input) ([]string, error) {
	raw, err := json.Marshal(recomputed)
	if err != nil {
		return nil, fmt.Errorf("writing the recomputed input: %w", err)
	}
	a, err := tree(recorded)
	if err != nil {
		return nil, fmt.Errorf("reading the recorded input: %w", err)
	}
	b, err := tree(raw)
	if err != nil {
		return nil, fmt.Errorf("reading the recomputed input: %w", err)
	}
	paths := differences(nil, "", a, b)
	slices.Sort(paths)
	return paths, nil
}

// tree keeps numbers as text: an instant does not fit into a double.
func tree(raw []byte) (v any, err error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	err = d.Decode(&v)
	return v, err
}

// sameNumber compares integers by their digits and others as doubles.
func sameNumber(a, b json.Number) bool {
	x, errX := a.Float64()
	y, errY := b.Float64()
	return a == b || strings.ContainsAny(string(a+b), ".eE") && errX == nil && errY == nil && x == y
}

func differences(paths []string, at string, a, b any) []string {
	switch x := a.(type) {
	case json.Number:
		if y, ok := b.(json.Number); ok && sameNumber(x, y) {
			return paths
		}
	case map[string]any:
		if y, ok := b.(map[string]any); ok {
			return memberDifferences(paths, at, x, y)
		}
	case []any:
		if y, ok := b.([]any); ok && len(x) == len(y) {
			for i := range x {
				paths = differences(paths, at+"/"+strconv.Itoa(i), x[i], y[i])
			}
			return paths
		}
	}
	if !reflect.DeepEqual(a, b) {
		paths = append(paths, at)
	}
	return paths
}

func memberDifferences(paths []string, at string, a, b map[string]any) []string {
	names := maps.Clone(a)
	maps.Copy(names, b)
	for name := range names {
		path := at + "/" + escaper.Replace(name)
		x, inA := a[name]
		y, inB := b[name]
		if inA != inB {
			paths = append(paths, path)
			continue
		}
		paths = differences(paths, path, x, y)
	}
	return paths
}

var escaper = strings.NewReplacer("~", "~0", "/", "~1")
