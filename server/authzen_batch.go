package server

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/procura-dev/procura/policies/authz"
	"github.com/procura-dev/procura/verifier"
)

// maxEvaluations is how many questions one call may ask.
const maxEvaluations = 1000

// accessAnswers is what a call with evaluations gets.
type accessAnswers struct {
	Evaluations []authz.Answer `json:"evaluations"`
}

// decideAccesses answers POST /access/v1/evaluations. Without evaluations "the
// Access Evaluations Request behaves in a backwards-compatible manner" (AuthZEN,
// "The Access Evaluations API Request").
func (s *Server) decideAccesses(c *gin.Context) error {
	m, body, err := readAccess(c, readMarked)
	if err != nil {
		return err
	}
	if err := markedDefault(m); err != nil {
		return err
	}
	b, err := readBatch(m)
	if err != nil {
		return err
	}
	if len(b.items) == 0 {
		return s.single(c, m, body)
	}
	a := s.asking(c, body)
	a.batch = rand.Text() // not of the body: who sends that again shares nothing
	answers, err := b.run(c.Request.Context(), a)
	if err != nil {
		return err
	}
	return write(c, http.StatusOK, accessAnswers{answers})
}

// markedDefault is 400 for a mark that stands in no item: what decides about all is
// refused as a whole.
func markedDefault(m map[string]any) error {
	for name, v := range m {
		if _, items := v.([]any); items && name == "evaluations" {
			continue
		}
		if mark := marked(v); mark != nil {
			return errors.Join(errSyntax, mark)
		}
	}
	return nil
}

// A batch is several questions, with what they have in common.
type batch struct {
	defaults map[string]any
	items    []any
	stops    func(decision bool) bool // after an answer
}

// An asked is one item: its question, or how it is denied where it cannot be asked.
type asked struct {
	question *accessQuestion
	refused  *authz.Answer
}

// semantics are what options.evaluations_semantic may be (AuthZEN, "Evaluations
// semantics"), and after which answer each ends.
var semantics = map[any]func(bool) bool{
	nil:                      func(bool) bool { return false },
	"execute_all":            func(bool) bool { return false },
	"deny_on_first_deny":     func(decision bool) bool { return !decision },
	"permit_on_first_permit": func(decision bool) bool { return decision },
}

func readBatch(m map[string]any) (*batch, error) {
	r := &accessReader{}
	b := &batch{defaults: m}
	list, ok := m["evaluations"].([]any)
	switch _, given := m["evaluations"]; {
	case given && !ok:
		r.fault("/evaluations", "must be a list")
	case len(list) > maxEvaluations:
		r.fault("/evaluations", "has more than %d members", maxEvaluations)
	}
	options := r.object("/options", m, "options")
	named := options["evaluations_semantic"]
	if _, isText := named.(string); named != nil && !isText || semantics[named] == nil {
		r.fault("/options/evaluations_semantic", "must be execute_all, deny_on_first_deny or permit_on_first_permit")
		named = nil
	}
	b.items, b.stops = list, semantics[named]
	return b, r.err()
}

// batchTime is for all items of a call: what is not decided by then is denied.
const batchTime = 10 * time.Second

// run answers each item until the semantic ends it, after the answer that does.
func (b *batch) run(ctx context.Context, a *asking) ([]authz.Answer, error) {
	limited, cancel := context.WithTimeout(ctx, a.server.batchTime())
	defer cancel()
	list := b.read()
	if err := a.lookAll(limited, list); err != nil && limited.Err() == nil {
		return nil, err
	}
	answers := make([]authz.Answer, 0, len(list))
	for _, item := range list {
		answer, err := item.answer(limited, a)
		switch {
		case ctx.Err() != nil:
			return nil, fmt.Errorf("answering: %w", ctx.Err())
		case limited.Err() != nil:
			answer = authz.Refuse(authz.Failed, "the call asks more than can be decided in time")
		case err != nil:
			return nil, err
		}
		answers = append(answers, answer)
		if b.stops(answer.Decision) {
			break
		}
	}
	return answers, nil
}

// batchTime is what all items of a call have.
func (s *Server) batchTime() time.Duration { return cmp.Or(s.cfg.BatchTime, batchTime) }

// read reads all items.
func (b *batch) read() []asked {
	list := make([]asked, len(b.items))
	for i, item := range b.items {
		r := &accessReader{}
		if mark := marked(item); mark != nil {
			r.fault("", "%s", mark.Why)
		}
		list[i].question = r.question(b.merged(r, item))
		if err := r.err(); err != nil {
			answer := refusedItem(err)
			list[i].refused = &answer
		}
	}
	return list
}

// lookAll looks for what is stored of all that a call asks about, at once.
func (a *asking) lookAll(ctx context.Context, list []asked) error {
	if a.set == nil || a.set.engine == nil {
		return nil // nothing is asked of it
	}
	var entities []*authz.Entity
	for _, item := range list {
		if item.refused == nil {
			entities = append(entities, &item.question.Subject, &item.question.Resource)
		}
	}
	return a.look(ctx, entities)
}

// answer answers one item. One that cannot be asked is denied, and no other.
func (i asked) answer(ctx context.Context, a *asking) (authz.Answer, error) {
	if i.refused != nil {
		return *i.refused, nil
	}
	answer, err := a.answer(ctx, i.question)
	if errors.Is(err, errRequest) { // its proxy challenge cannot be asked
		return refusedItem(err), nil
	}
	return answer, err
}

// merged is an item over the defaults: its members replace theirs as a whole.
func (b *batch) merged(r *accessReader, item any) map[string]any {
	m, ok := item.(map[string]any)
	if !ok {
		r.fault("", "must be an object")
	}
	whole := make(map[string]any, len(questionMembers))
	for _, name := range questionMembers {
		if v, given := m[name]; given {
			whole[name] = v
		} else if v, given := b.defaults[name]; given {
			whole[name] = v
		}
	}
	return whole
}

var questionMembers = [...]string{"subject", "action", "resource", "context"}

// refusedItem denies an item for what is wrong with it.
func refusedItem(err error) authz.Answer {
	invalid, _ := errors.AsType[*verifier.Invalid](err)
	return authz.Answer{Context: map[string]any{
		"error": map[string]any{"status": http.StatusBadRequest, "message": invalid.Error()},
	}}
}
