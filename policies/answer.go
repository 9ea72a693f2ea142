package policies

import (
	"errors"
	"fmt"
	"reflect"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/procura-dev/procura/policies/plan"
)

// errMalformed says that the policy's answer is no Decision.
var errMalformed = errors.New("the answer is malformed")

// read fills what target points to from a policy's value, as strict JSON would: a
// member that the type does not have is an error, it would be an answer that
// nobody reads.
func (s *shapes) read(answer *ast.Term, target any) error {
	return s.fill(reflect.ValueOf(target).Elem(), answer)
}

func (s *shapes) fill(to reflect.Value, t *ast.Term) error {
	switch v := t.Value.(type) {
	case ast.String:
		if to.Kind() == reflect.String {
			to.SetString(string(v))
			return nil
		}
	case ast.Boolean:
		if to.Kind() == reflect.Bool {
			to.SetBool(bool(v))
			return nil
		}
	case ast.Number:
		if n, ok := v.Int(); ok && to.Kind() == reflect.Int {
			to.SetInt(int64(n))
			return nil
		}
	}
	if list, ok := plan.Elements(t); ok && to.Kind() == reflect.Slice {
		return s.fillSlice(to, list)
	}
	if n, ok := plan.Members(t); ok && to.Kind() == reflect.Struct {
		return s.fillStruct(to, t, n)
	}
	return s.fillOther(to, t)
}

func (s *shapes) fillSlice(to reflect.Value, list []*ast.Term) error {
	to.Set(reflect.MakeSlice(to.Type(), len(list), len(list)))
	for i, t := range list {
		if err := s.fill(to.Index(i), t); err != nil {
			return err
		}
	}
	return nil
}

func (s *shapes) fillStruct(to reflect.Value, object *ast.Term, n int) error {
	found := 0
	for _, m := range s.of[to.Type()].members {
		t := plan.Member(object, m.name)
		if t == nil {
			continue
		}
		found++
		if err := s.fill(to.Field(m.index), t); err != nil {
			return fmt.Errorf("%v: %w", m.name, err)
		}
	}
	if found != n {
		return fmt.Errorf("a member that %s does not have: %w", to.Type(), errMalformed)
	}
	return nil
}

// fillOther fills pointers, and what holds any JSON.
func (s *shapes) fillOther(to reflect.Value, t *ast.Term) error {
	t = plan.Plain(t)
	switch to.Kind() {
	case reflect.Pointer:
		to.Set(reflect.New(to.Type().Elem()))
		return s.fill(to.Elem(), t)
	case reflect.Interface, reflect.Map:
		plain, err := ast.JSON(t.Value)
		if err != nil {
			return fmt.Errorf("reading a value: %w", err)
		}
		if v := reflect.ValueOf(plain); v.IsValid() && v.Type().AssignableTo(to.Type()) {
			to.Set(v)
			return nil
		}
	}
	return fmt.Errorf("%v for %s: %w", ast.ValueName(t.Value), to.Type(), errMalformed)
}
