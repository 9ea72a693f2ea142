package server

import (
	"context"
	"errors"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/procura-dev/procura/policies/authz"
	"github.com/procura-dev/procura/verifier"
)

// noSet is the reason that no policy set is active.
const noSet = "authz.inactive"

// An asking answers the questions of one call: by one policy set, whatever is
// activated meanwhile.
type asking struct {
	server  *Server
	who     verifier.Caller
	set     *activeSet // nil: none is active
	body    []byte     // as received
	batch   string     // of a call of several questions, which may share a nonce
	proxies map[string]proxyDecision
	stored  map[[2]string]map[string]any // of entities by type and id, as far as they were looked for; nil: nothing
}

func (s *Server) asking(c *gin.Context, body []byte) *asking {
	who := who(c)
	return &asking{server: s, who: who, set: s.cfg.PolicySets.of(GateAccess, who.Tenant), body: body}
}

// decideAccess answers POST /access/v1/evaluation.
func (s *Server) decideAccess(c *gin.Context) error {
	m, body, err := readAccess(c, readExact)
	if err != nil {
		return err
	}
	return s.single(c, m, body)
}

func (s *Server) single(c *gin.Context, m map[string]any, body []byte) error {
	r := &accessReader{}
	q := r.question(m)
	if err := r.err(); err != nil {
		return err
	}
	answer, err := s.asking(c, body).answer(c.Request.Context(), q)
	if err != nil {
		return err
	}
	return write(c, http.StatusOK, answer)
}

// answer decides one question.
func (a *asking) answer(ctx context.Context, q *accessQuestion) (authz.Answer, error) {
	switch {
	case a.set == nil:
		return authz.Refuse(noSet, "no policy set is active"), nil
	case a.set.engine == nil:
		return a.broken(), nil
	}
	in := q.Input
	if q.proxied {
		var err error
		if in.Proxy, err = a.proxy(ctx, q.procura); err != nil {
			return authz.Answer{}, err
		}
	}
	if err := a.overlay(ctx, &in.Subject, &in.Resource); err != nil {
		return authz.Answer{}, err
	}
	return a.set.engine.Decide(ctx, in)
}

// broken denies where the active set does not compile any more, or is not what
// was signed.
func (a *asking) broken() authz.Answer {
	return authz.Refuse(authz.Failed, "the active policy set cannot be used")
}

// overlay adds what is known of entities to what the caller says of them, which
// stands over it: over what was stored, and that over the set's data.
func (a *asking) overlay(ctx context.Context, entities ...*authz.Entity) error {
	if err := a.look(ctx, entities); err != nil {
		return err
	}
	for _, e := range entities {
		below := overlay(a.set.engine.Properties(e.Type, e.ID), a.stored[[2]string{e.Type, e.ID}])
		e.Properties = overlay(below, e.Properties)
	}
	return nil
}

// look reads what is stored of entities, of each once for the call: its questions
// are answered by the same.
func (a *asking) look(ctx context.Context, entities []*authz.Entity) error {
	names := a.unread(entities)
	if len(names) == 0 {
		return nil
	}
	stored, err := a.server.cfg.Entities.EntitiesNamed(ctx, a.who.Tenant, names)
	if err != nil {
		return err
	}
	for _, e := range stored {
		a.stored[[2]string{e.Type, e.ID}] = e.Properties
	}
	return nil
}

// unread are those that were not looked for, each once; now they are, and nothing
// is stored of them until it is found.
func (a *asking) unread(entities []*authz.Entity) (names []authz.Entity) {
	if a.stored == nil {
		a.stored = make(map[[2]string]map[string]any, len(entities))
	}
	for _, e := range entities {
		name := [2]string{e.Type, e.ID}
		if _, had := a.stored[name]; !had {
			names = append(names, authz.Entity{Type: e.Type, ID: e.ID})
			a.stored[name] = nil
		}
	}
	return names
}

// overlay is both, what is above where both have a member. Neither is changed.
func overlay(below, above map[string]any) map[string]any {
	if len(below) == 0 {
		return above
	}
	if len(above) == 0 {
		return below
	}
	out := make(map[string]any, len(below)+len(above))
	for _, layer := range []map[string]any{below, above} {
		for name, value := range layer {
			out[name] = value
		}
	}
	return out
}

// readAccess reads the body of an AuthZEN call: "Requests MUST include a
// Content-Type header with the value application/json", and what is wrong with
// it is 400 (AuthZEN, "Error Responses").
func readAccess(c *gin.Context, read func(*gin.Context) (any, []byte, error)) (m map[string]any, body []byte, err error) {
	tree, body, err := read(c)
	if errors.Is(err, errMediaType) {
		return nil, nil, errors.Join(errAccessMedia, err)
	}
	if err != nil {
		return nil, nil, err
	}
	m, ok := tree.(map[string]any)
	if !ok {
		return nil, nil, errors.Join(errRequest, faulty("", "must be an object"))
	}
	return m, body, nil
}
