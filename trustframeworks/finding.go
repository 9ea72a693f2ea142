package trustframeworks

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// A Finding says what is wrong with a document, and where. Findings are sorted
// by file, line, column, path, code.
type Finding struct {
	File    string `json:"file,omitempty"` // of an archive; empty: the document
	Path    string `json:"path"`           // JSON Pointer; empty: the whole document
	Line    int    `json:"line"`           // from 1; 0: unknown
	Column  int    `json:"column"`         // in characters, from 1; 0: unknown
	Code    string `json:"code"`
	Message string `json:"message"`
	Level   Level  `json:"level"`
	Advice  string `json:"advice,omitempty"` // what to do about it; package analyze adds it
}

// A Level says whether a finding refuses a document.
type Level int

const (
	Error  Level = iota // the document is refused
	Advice              // it is accepted; its author is told
)

var levelNames = []string{Error: "error", Advice: "advice"}

func (l Level) String() string { return levelNames[l] }

// MarshalText writes "error" or "advice".
func (l Level) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// UnmarshalText reads what MarshalText writes. What it does not know refuses.
func (l *Level) UnmarshalText(text []byte) error {
	*l = Error
	if string(text) == Advice.String() {
		*l = Advice
	}
	return nil
}

// Errors returns those of the findings that refuse a document.
func Errors(list []Finding) []Finding {
	return slices.DeleteFunc(slices.Clone(list), func(f Finding) bool { return f.Level != Error })
}

// String gives the finding as compilers print theirs: line:column: path: message (code).
func (f Finding) String() string {
	if f.File != "" {
		return fmt.Sprintf("%s:%d:%d: %s (%s)", f.File, f.Line, f.Column, f.Message, f.Code)
	}
	return fmt.Sprintf("%d:%d: %s: %s (%s)", f.Line, f.Column, cmp.Or(f.Path, "/"), f.Message, f.Code)
}

// The codes of findings. Those of rules are package sgl's: sgl.invalid and its like.
const (
	CodeTooLarge      = "document.too_large"    // bytes, depth, or values beyond the limits
	CodeSyntax        = "document.syntax"       // neither JSON nor the YAML that is read
	CodeDuplicate     = "document.duplicate"    // a member given twice
	CodeSchema        = "document.schema"       // not as the published JSON Schema says
	CodeName          = "name.malformed"        // semantics 2.2
	CodeTaken         = "name.duplicate"        // two of one kind with one name after NFKC
	CodeVersion       = "version.malformed"     // not semver 2.0.0 without build metadata
	CodeURI           = "uri.malformed"         //
	CodeReference     = "reference.undefined"   // a name that the document does not define
	CodeDuration      = "duration.malformed"    // not ISO 8601, or beyond the limit
	CodePartySchema   = "schema.refused"        // a holder or proxied schema that is open, or refers out
	CodeContext       = "context.malformed"     // a listed context that does more than give names to IRIs
	CodeContextDigest = "context.digest"        // a listed context that is not the one of its digest
	CodeMeaning       = "document.meaningless"  // well formed, and could never take effect
	CodeUnsupported   = "framework.unsupported" // not built yet
	CodeAnyRepeats    = "sgl.any_repeats"       // an any that asks for more matches than it lists
)

// MaxFindings is how many findings an answer has at most.
const MaxFindings = 200

// A position is where a value begins in the source, from 1.
type position struct{ line, column int }

type positions map[string]position

// Finding makes a finding about the value at a JSON Pointer of the document.
// Where the source has no such value its nearest parent's place is given.
func (d *Document) Finding(path, code, format string, args ...any) Finding {
	return d.source.finding(path, code, format, args...)
}

func (p positions) finding(path, code, format string, args ...any) Finding {
	at := p.nearest(path)
	return Finding{Path: path, Line: at.line, Column: at.column, Code: code, Message: fmt.Sprintf(format, args...)}
}

func (p positions) nearest(path string) position {
	for {
		if at, ok := p[path]; ok || path == "" {
			return at
		}
		path = path[:strings.LastIndexByte(path, '/')]
	}
}

// SortFindings puts findings into their published order, each once.
func SortFindings(list []Finding) []Finding {
	slices.SortFunc(list, func(a, b Finding) int {
		return cmp.Or(strings.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), strings.Compare(a.Path, b.Path),
			strings.Compare(a.Code, b.Code), strings.Compare(a.Message, b.Message))
	})
	list = slices.Compact(list)
	return list[:min(len(list), MaxFindings)]
}

// pointer appends a member name or an index to a JSON Pointer (RFC 6901).
func pointer(path string, token any) string {
	s, ok := token.(string)
	if !ok {
		return fmt.Sprintf("%s/%d", path, token)
	}
	return path + "/" + escaper.Replace(s)
}

var escaper = strings.NewReplacer("~", "~0", "/", "~1")
