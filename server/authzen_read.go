package server

import (
	"errors"
	"fmt"

	"github.com/procura-dev/procura/policies/authz"
	"github.com/procura-dev/procura/verifier"
)

// An accessQuestion is one question of an AuthZEN call.
type accessQuestion struct {
	authz.Input
	proxied bool // it comes with a proxy challenge
	procura any  // the challenge: context.procura
}

// An accessReader takes a question apart, and collects what is wrong with it.
// "Receivers MUST ignore unknown fields": they are left out (AuthZEN, "JSON
// Serialization").
type accessReader struct {
	faults []verifier.Fault
}

func (r *accessReader) fault(path, format string, args ...any) {
	r.faults = append(r.faults, verifier.Fault{Path: path, Message: fmt.Sprintf(format, args...)})
}

// err is 400, with each fault.
func (r *accessReader) err() error {
	if len(r.faults) == 0 {
		return nil
	}
	return errors.Join(errRequest, &verifier.Invalid{Faults: r.faults})
}

func (r *accessReader) question(m map[string]any) *accessQuestion {
	q := &accessQuestion{}
	q.Subject = r.entity("/subject", m["subject"])
	q.Action = r.action("/action", m["action"])
	q.Resource = r.entity("/resource", m["resource"])
	r.context(q, m)
	return q
}

// notPolicys are members of context that no policy set sees: the proxy challenge,
// and what could be taken for its decision.
var notPolicys = []string{"procura", "proxy"}

func (r *accessReader) context(q *accessQuestion, m map[string]any) {
	given := r.object("/context", m, "context")
	if given == nil {
		return
	}
	q.procura, q.proxied = given["procura"]
	q.Context = make(map[string]any, len(given))
	for name, value := range given {
		q.Context[name] = value
	}
	for _, name := range notPolicys {
		delete(q.Context, name)
	}
}

func (r *accessReader) entity(path string, v any) (e authz.Entity) {
	m, ok := v.(map[string]any)
	if !ok {
		r.fault(path, "is required, and must be an object")
		return e
	}
	e.Type, e.ID = r.word(path, m, "type"), r.word(path, m, "id")
	e.Properties = r.object(path+"/properties", m, "properties")
	return e
}

func (r *accessReader) action(path string, v any) (a authz.Action) {
	m, ok := v.(map[string]any)
	if !ok {
		r.fault(path, "is required, and must be an object")
		return a
	}
	return authz.Action{Name: r.word(path, m, "name"), Properties: r.object(path+"/properties", m, "properties")}
}

// maxWord bounds types, ids and names, in bytes: what an index can hold.
const maxWord = 1024

func (r *accessReader) word(path string, m map[string]any, name string) string {
	s, ok := m[name].(string)
	if !ok || s == "" || len(s) > maxWord {
		r.fault(path+"/"+name, "is required, and must be a string of 1 to %d bytes", maxWord)
	}
	return s
}

// object is an optional object; nil where there is none.
func (r *accessReader) object(path string, m map[string]any, name string) map[string]any {
	v, given := m[name]
	o, ok := v.(map[string]any)
	if given && !ok {
		r.fault(path, "must be an object")
	}
	return o
}
