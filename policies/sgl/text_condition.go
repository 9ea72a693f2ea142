package sgl

import (
	"bytes"
)

// condition reads what stands behind when, or in a list.
func (s *sentence) condition() (map[string]any, error) {
	if s.nested++; s.nested > maxNesting {
		return nil, s.fault(s.at, "nesting too deep")
	}
	defer func() { s.nested-- }()
	out := map[string]any{}
	counted, err := s.count(out)
	if err != nil {
		return nil, err
	}
	form := ""
	switch word := s.peek(); {
	case counted && s.next('('):
		return out, s.inner(out, "any")
	case counted:
		return out, s.test(out)
	case word == s.any:
		form = "any"
	case word == s.all:
		form = "all"
	default:
		return out, s.test(out)
	}
	s.word()
	if err := s.expect(s.of); err != nil {
		return nil, err
	}
	if !s.next('(') {
		return nil, s.fault(s.at, `no "("`)
	}
	return out, s.inner(out, form)
}

// count reads "N of" as n, if it is there.
func (s *sentence) count(out map[string]any) (bool, error) {
	s.space()
	start := s.at
	if start == len(s.in) || s.in[start] < '0' || s.in[start] > '9' {
		return false, nil
	}
	n, err := s.number()
	if err != nil {
		return false, err
	}
	out["n"] = n
	if _, bad := countOf(out); bad != nil {
		return false, s.fault(start, "%s", bad.cause)
	}
	return true, s.expect(s.of)
}

// inner reads conditions behind their opening bracket.
func (s *sentence) inner(out map[string]any, form string) error {
	of := []any{}
	for {
		c, err := s.condition()
		if err != nil {
			return err
		}
		of = append(of, c)
		if s.next(')') {
			out[form] = of
			return nil
		}
		if !s.next(';') {
			return s.fault(s.at, `no ";" or ")"`)
		}
	}
}

// test reads one property, operator and value.
func (s *sentence) test(out map[string]any) error {
	s.space()
	start := s.at
	form, err := s.property()
	if err != nil {
		return err
	}
	op, err := s.operator(form)
	if err != nil {
		return err
	}
	if op != "" {
		out["op"] = op
	}
	if out[form], err = s.operand(form, op); err != nil {
		return err
	}
	if _, bad := s.tests.condition(out, 1); bad != nil {
		return s.fault(start, "%s", bad.cause)
	}
	return nil
}

// property reads the member name of a test. Those of the language's own forms
// mean the same in quotes and in every locale.
func (s *sentence) property() (string, error) {
	start := s.at
	switch s.peek() {
	case s.role:
		s.word()
		return "roles", nil
	case s.frame.id:
		s.word()
		return "id", nil
	}
	name, err := s.name()
	if err != nil {
		return "", err
	}
	switch {
	case name == "role":
		return "roles", nil
	case isKeyword(name) && name != "id" && name != "roles":
		return "", s.fault(start, "a property spelled like the keyword %q", name)
	}
	return name, nil
}

// symbols are the operators that are no words, longer ones first.
var symbols = []string{"!=", "<=", ">=", "<", ">", "="}

// operator reads an op; it is empty where none is written in the rule.
func (s *sentence) operator(form string) (string, error) {
	s.space()
	start := s.at
	for _, op := range symbols {
		if !bytes.HasPrefix(s.in[start:], []byte(op)) {
			continue
		}
		s.at += len(op)
		if op != "=" {
			return op, nil
		}
		if form != "id" && form != "roles" {
			return "", s.fault(start, `"=" behind a property is written %q or %q`, s.is, s.equals)
		}
		return "", nil
	}
	switch word := s.word(); word {
	case s.is:
		return "", nil
	case s.equals:
		return "=", nil
	case "not":
		return "not in", s.expect("in")
	case "in", "contains", "like":
		return word, nil
	}
	return "", s.fault(start, "no operator")
}

// operand reads a value; after "role =" a bare name may stand.
func (s *sentence) operand(form, op string) (any, error) {
	if form == "roles" && op == "" && s.peek() != "" {
		return s.name()
	}
	s.space()
	start := s.at
	v, err := s.value()
	if err == nil && s.loose != "" {
		err = s.fault(start, "%s", s.loose)
	}
	return v, err
}
