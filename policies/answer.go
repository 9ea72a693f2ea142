package policies

import (
	"errors"
	"fmt"
	"reflect"

	"github.com/open-policy-agent/opa/v1/ast"
)

// errMalformed says that the policy's answer is no Decision.
var errMalformed = errors.New("the answer is malformed")

// read fills what target points to from OPA's value, as strict JSON would: a
// member that the type does not have is an error, it would be an answer that
// nobody reads.
func (s *shapes) read(value ast.Value, target any) error {
	return s.fill(reflect.ValueOf(target).Elem(), value)
}

func (s *shapes) fill(to reflect.Value, value ast.Value) error {
	switch v := value.(type) {
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
	case *ast.Array:
		if to.Kind() == reflect.Slice {
			return s.fillSlice(to, v)
		}
	case ast.Object:
		if to.Kind() == reflect.Struct {
			return s.fillStruct(to, v)
		}
	}
	return s.fillOther(to, value)
}

func (s *shapes) fillSlice(to reflect.Value, list *ast.Array) error {
	to.Set(reflect.MakeSlice(to.Type(), list.Len(), list.Len()))
	for i := range list.Len() {
		if err := s.fill(to.Index(i), list.Elem(i).Value); err != nil {
			return err
		}
	}
	return nil
}

func (s *shapes) fillStruct(to reflect.Value, object ast.Object) error {
	found := 0
	for _, m := range s.of[to.Type()].members {
		term := object.Get(m.name)
		if term == nil {
			continue
		}
		found++
		if err := s.fill(to.Field(m.index), term.Value); err != nil {
			return fmt.Errorf("%v: %w", m.name, err)
		}
	}
	if found != object.Len() {
		return fmt.Errorf("a member that %s does not have: %w", to.Type(), errMalformed)
	}
	return nil
}

// fillOther fills pointers, and what holds any JSON.
func (s *shapes) fillOther(to reflect.Value, value ast.Value) error {
	switch to.Kind() {
	case reflect.Pointer:
		to.Set(reflect.New(to.Type().Elem()))
		return s.fill(to.Elem(), value)
	case reflect.Interface, reflect.Map:
		plain, err := ast.JSON(value)
		if err != nil {
			return fmt.Errorf("reading a value: %w", err)
		}
		if v := reflect.ValueOf(plain); v.IsValid() && v.Type().AssignableTo(to.Type()) {
			to.Set(v)
			return nil
		}
	}
	return fmt.Errorf("%v for %s: %w", ast.ValueName(value), to.Type(), errMalformed)
}
