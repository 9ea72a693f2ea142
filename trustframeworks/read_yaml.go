package trustframeworks

import (
	"bytes"
	"errors"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// yaml reads the part of YAML that says what JSON can: no anchors, aliases,
// merges, tags, directives or complex keys, one document, string keys, and
// numbers as JSON writes them.
func (r *reader) yaml(raw []byte) (v any, err error) {
	defer func() {
		if p := recover(); p != nil { // the parser is not ours, and documents are strangers'
			err = r.stop("", CodeSyntax, position{1, 1}, "the document cannot be read as YAML")
		}
	}()
	if err := r.indentation(raw); err != nil {
		return nil, err
	}
	tokens := lexer.Tokenize(string(raw))
	if err := r.tokens(tokens); err != nil {
		return nil, err
	}
	file, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		return nil, r.yamlError(err)
	}
	if len(file.Docs) != 1 || file.Docs[0].Body == nil {
		return nil, r.stop("", CodeSyntax, position{1, 1}, "the source must hold exactly one document")
	}
	return r.node("", 1, file.Docs[0].Body)
}

// indentation bounds nesting before the recursive parser sees it: a stack
// overflow cannot be recovered from. No block nests deeper than its column. A
// carriage return by itself ends a line, too.
func (r *reader) indentation(raw []byte) error {
	for n, line := range bytes.Split(raw, []byte("\n")) {
		for part := range bytes.SplitSeq(line, []byte("\r")) {
			if len(part)-len(bytes.TrimLeft(part, " \t-?")) > 4*MaxDepth {
				return r.stop("", CodeTooLarge, position{n + 1, 1}, "the line begins deeper than %d columns", 4*MaxDepth)
			}
		}
	}
	return nil
}

var refusedTokens = map[token.Type]string{
	token.AnchorType:     "anchors (&) are not read",
	token.AliasType:      "aliases (*) are not read",
	token.MergeKeyType:   "merge keys (<<) are not read",
	token.TagType:        "tags (!) are not read",
	token.DirectiveType:  "directives (%) are not read",
	token.MappingKeyType: "complex keys (?) are not read",
}

// tokens refuses what is not read, and brackets nested too deep.
func (r *reader) tokens(tokens token.Tokens) error {
	depth, headers := 0, 0
	for n, t := range tokens {
		at := tokenPlace(t)
		if why, refused := refusedTokens[t.Type]; refused {
			return r.stop("", CodeSyntax, at, "%s", why)
		}
		switch t.Type {
		case token.SequenceStartType, token.MappingStartType:
			depth++
		case token.SequenceEndType, token.MappingEndType:
			depth--
		case token.DocumentHeaderType:
			headers++
		}
		if n >= MaxTokens {
			return r.stop("", CodeTooLarge, at, "the document has more than %d tokens of YAML; JSON may be longer", MaxTokens)
		}
		if depth > MaxDepth {
			return r.stop("", CodeTooLarge, at, "the document is nested deeper than %d", MaxDepth)
		}
		if headers > 1 {
			return r.stop("", CodeSyntax, at, "the source must hold exactly one document")
		}
	}
	return nil
}

func (r *reader) yamlError(err error) error {
	at := position{1, 1}
	message := "not YAML"
	if e := yaml.Error(nil); errors.As(err, &e) {
		at, message = tokenPlace(e.GetToken()), e.GetMessage()
	}
	return r.stop("", CodeSyntax, at, "%s", message)
}

func tokenPlace(t *token.Token) position {
	if t == nil || t.Position == nil {
		return position{1, 1}
	}
	return position{t.Position.Line, t.Position.Column}
}

func (r *reader) node(path string, depth int, n ast.Node) (any, error) {
	at := tokenPlace(n.GetToken())
	if err := r.enter(path, depth, at); err != nil {
		return nil, err
	}
	switch n := n.(type) {
	case *ast.MappingNode:
		return r.mapping(path, depth, n.Values)
	case *ast.MappingValueNode:
		return r.mapping(path, depth, []*ast.MappingValueNode{n})
	case *ast.SequenceNode:
		return r.sequence(path, depth, n.Values)
	case *ast.StringNode:
		return r.scalar(path, n.Value, n.Token)
	case *ast.LiteralNode:
		return r.scalar(path, n.Value.Value, n.Value.Token)
	case *ast.BoolNode:
		return n.Value, nil
	case *ast.NullNode:
		return nil, nil
	case *ast.IntegerNode:
		return r.yamlNumber(path, n.Token)
	case *ast.FloatNode:
		return r.yamlNumber(path, n.Token)
	}
	return nil, r.stop(path, CodeSyntax, at, "a value of this kind is not read")
}

func (r *reader) mapping(path string, depth int, values []*ast.MappingValueNode) (any, error) {
	object := map[string]any{}
	for _, m := range values {
		at := tokenPlace(m.Key.GetToken())
		key, ok := m.Key.(*ast.StringNode)
		if !ok {
			return nil, r.stop(path, CodeSyntax, at, "the member name %.40s is not a string; put it in quotes", m.Key.String())
		}
		sub := pointer(path, key.Value)
		if loose(key.Token) {
			return nil, r.stop(sub, CodeSyntax, at, "the member %.40q has no value; if it belongs to the text before it, put that text in quotes, comma and all", key.Value)
		}
		r.member(object, sub, key.Value, at)
		v, err := r.node(sub, depth+1, m.Value)
		if err != nil {
			return nil, err
		}
		object[key.Value] = v
	}
	return object, nil
}

// loose tells of a name without a colon: what an unquoted text of a {…} has behind
// its first comma.
func loose(name *token.Token) bool {
	return name.Next != nil && (name.Next.Type == token.CollectEntryType || name.Next.Type == token.MappingEndType)
}

func (r *reader) sequence(path string, depth int, values []ast.Node) (any, error) {
	list := make([]any, 0, len(values))
	for i, n := range values {
		v, err := r.node(pointer(path, i), depth+1, n)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	return list, nil
}

// scalar refuses text that an escape has made unreadable.
func (r *reader) scalar(path, s string, t *token.Token) (any, error) {
	at := tokenPlace(t)
	made := strings.ContainsRune(s, utf8.RuneError) && !strings.ContainsRune(t.Origin+t.Value, utf8.RuneError)
	if !utf8.ValidString(s) || made {
		return nil, r.stop(path, CodeSyntax, at, "the text holds an unpaired surrogate")
	}
	r.text(path, s, at)
	return s, nil
}

var jsonNumber = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$`)

// yamlNumber refuses what YAML would read in another base than the author's.
func (r *reader) yamlNumber(path string, t *token.Token) (any, error) {
	at := tokenPlace(t)
	text := strings.TrimSpace(t.Value)
	if !jsonNumber.MatchString(text) {
		return nil, r.stop(path, CodeSyntax, at, "%.40s is no number as JSON writes one; put text in quotes", text)
	}
	return r.number(path, text, at)
}
