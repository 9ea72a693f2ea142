package analyze_test

import (
	"encoding/json"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/procura-dev/procura/trustframeworks"
	"github.com/procura-dev/procura/trustframeworks/analyze"
)

// FuzzLint lints whatever has the shape of a document, sound or not: it must
// not panic, must find the same twice, and each finding must be about a value
// that the document has.
func FuzzLint(f *testing.F) {
	f.Add([]byte(skeleton))
	for _, c := range cases {
		if strings.Count(skeleton, c.old) == 1 {
			f.Add([]byte(strings.Replace(skeleton, c.old, c.bad, 1)))
		}
	}
	doc, _ := trustframeworks.Parse([]byte(skeleton))
	raw, err := json.Marshal(doc.Tree())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Fuzz(func(t *testing.T, raw []byte) {
		if len(raw) > 16<<10 {
			return // the YAML parser's time is not what is looked for
		}
		doc, _ := trustframeworks.Read(raw)
		if doc == nil {
			return
		}
		found := analyze.Lint(doc)
		if !reflect.DeepEqual(found, analyze.Lint(doc)) {
			t.Fatal("linted twice, it differs")
		}
		for _, f := range found {
			if !resolves(doc.Tree(), f.Path) || f.Line == 0 || f.Advice == "" {
				t.Errorf("%v: %q is not in the document, or it has no line or advice", f, f.Path)
			}
		}
	})
}

// resolves reports whether a JSON Pointer (RFC 6901) leads to a value.
func resolves(v any, path string) bool {
	for path != "" {
		var token string
		token, path, _ = strings.Cut(path[1:], "/")
		if path != "" {
			path = "/" + path
		}
		token = strings.NewReplacer("~1", "/", "~0", "~").Replace(token)
		switch at := v.(type) {
		case map[string]any:
			sub, ok := at[token]
			if !ok {
				return false
			}
			v = sub
		case []any:
			i, err := strconv.Atoi(token)
			if err != nil || i < 0 || i >= len(at) {
				return false
			}
			v = at[i]
		default:
			return false
		}
	}
	return true
}
