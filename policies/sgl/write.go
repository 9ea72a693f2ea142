package sgl

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"
)

// MarshalJSON writes what [Derive] gives of the rule.
func (r *Rule) MarshalJSON() ([]byte, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false) // who writes what is around the rule escapes if that is wanted
	err := encoder.Encode(r.Derived())
	return out.Bytes(), err
}

// AppendJSON appends, to the byte, what [json.Marshal] writes of the rule, and
// takes a fraction of the time.
func (r *Rule) AppendJSON(out []byte) []byte {
	if p := r.useless(); p != nil {
		return appendOther(out, r.Derived())
	}
	out = append(out, `{"alternatives":`...)
	out = appendList(out, r.Alternatives, appendDemands)
	if len(r.Grant) > 0 {
		out = append(out, `,"grant":`...)
		out = appendList(out, r.Grant, appendText)
	}
	if r.HasID {
		out = append(out, `,"id":`...)
		out = appendText(out, r.ID)
	}
	out = append(out, `,"leaves":`...)
	out = appendList(out, r.Leaves, appendLeaf)
	out = append(out, `,"plural":`...)
	out = strconv.AppendBool(out, r.Plural)
	return append(r.appendOptional(out), '}')
}

func (r *Rule) appendOptional(out []byte) []byte {
	if problems := r.optional("problems"); problems != nil {
		out = append(out, `,"problems":`...)
		out = appendOther(out, problems)
	}
	if r.Repeats {
		out = append(out, `,"repeats":true`...)
	}
	if len(r.Tree) == 1 {
		out = append(out, `,"single":`...)
		out = appendNumbers(out, r.Tree[0].Leaf, r.Tree[0].Count)
	}
	if r.branches() {
		out = append(out, `,"tree":`...)
		out = appendTree(out, r.Tree)
	}
	return out
}

func appendList[T any](out []byte, list []T, each func([]byte, T) []byte) []byte {
	out = append(out, '[')
	for i, v := range list {
		if i > 0 {
			out = append(out, ',')
		}
		out = each(out, v)
	}
	return append(out, ']')
}

func appendDemands(out []byte, alternative []Demand) []byte {
	return appendList(out, alternative, func(out []byte, d Demand) []byte { return appendNumbers(out, d.Leaf, d.Count) })
}

func appendNumbers(out []byte, numbers ...int) []byte { return appendList(out, numbers, appendNumber) }

func appendNumber(out []byte, n int) []byte { return strconv.AppendInt(out, int64(n), 10) }

func appendLeaf(out []byte, l Leaf) []byte {
	out = append(out, '{')
	if l.pattern != "" {
		out = append(out, `"like":`...)
		out = append(appendText(out, l.pattern), ',')
	}
	out = append(out, `"list":`...)
	out = strconv.AppendBool(out, l.list)
	out = append(out, `,"name":`...)
	out = appendText(out, l.Name)
	out = append(out, `,"op":`...)
	out = appendText(out, l.Op)
	out = append(out, `,"values":`...)
	return append(appendList(out, l.values, appendScalar), '}')
}

func appendScalar(out []byte, s scalar) []byte {
	whole := s.number == math.Trunc(s.number) && math.Abs(s.number) < 1<<53
	switch {
	case s.kind == text:
		out = append(out, `["s",`...)
		return append(appendText(out, s.text), ']')
	case s.kind == number && whole:
		out = append(out, `["n",`...)
		return append(strconv.AppendInt(out, int64(s.number), 10), ']')
	}
	return appendOther(out, s.tree())
}

func appendTree(out []byte, tree []Node) []byte {
	byHeight, number := heights(tree)
	out = append(out, `{"leaves":`...)
	out = appendList(out, byHeight[0], func(out []byte, i int) []byte { return appendNumbers(out, tree[i].Leaf, tree[i].Count) })
	out = append(out, `,"levels":`...)
	inner := func(out []byte, i int) []byte { return tree[i].append(out, number, number[i]) }
	out = appendList(out, byHeight[1:], func(out []byte, level []int) []byte { return appendList(out, level, inner) })
	return append(out, '}')
}

func (n Node) append(out []byte, number []int, own int) []byte {
	out = appendNumber(append(out, `{"need":`...), n.Count)
	out = appendNumber(append(out, `,"node":`...), own)
	out = append(out, `,"of":`...)
	out = appendList(out, n.Of, func(out []byte, child int) []byte { return appendNumber(out, number[child]) })
	if n.Times {
		out = append(out, `,"times":true`...)
	}
	return append(out, '}')
}

// appendText writes a text; one with anything to escape is encoding/json's.
func appendText(out []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			return appendOther(out, s)
		}
	}
	out = append(out, '"')
	out = append(out, s...)
	return append(out, '"')
}

// appendOther writes what encoding/json has to look at.
func appendOther(out []byte, v any) []byte {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err) // texts, finite numbers, booleans and lists of them are always written
	}
	return append(out, raw...)
}
