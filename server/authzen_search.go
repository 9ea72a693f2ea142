package server

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/procura-dev/procura/policies/authz"
)

// The limits of a search. What it found is kept for its next pages.
const (
	maxCandidates = 10_000
	searchTime    = 10 * time.Second
	pageLife      = 10 * time.Minute
	maxPage       = 1000 // results of one answer
)

// errSearch: there is too much to go through.
var errSearch = errors.New("there are too many entities to search, or it takes too long")

// A found is one result: an entity, or an action by its name.
type found struct {
	Type        string `json:"type,omitempty"`
	ID          string `json:"id,omitempty"`
	Name        string `json:"name,omitempty"`
	Obligations any    `json:"obligations,omitempty"`
}

// searchAnswer has page first: "It is RECOMMENDED that the page object be the
// first key in the response" (AuthZEN, "The Search API Response").
type searchAnswer struct {
	Page    searchPage     `json:"page"`
	Context map[string]any `json:"context,omitempty"`
	Results []found        `json:"results"`
}

type searchPage struct {
	NextToken string `json:"next_token"`
	Count     int    `json:"count"`
	Total     int    `json:"total"`
}

// A search asks who, what, or which actions are permitted.
type search struct {
	accessQuestion
	kind   string // what is searched: subject, resource or action
	digest string // of what is asked; pages of one search agree on it
	limit  *int   // nil: not said
	token  string
}

// pages is what is kept of a search.
type pages struct {
	Client  string  `json:"client"`
	Digest  string  `json:"digest"`
	Limit   int     `json:"limit"`
	Results []found `json:"results"`
}

func (s *Server) searchSubjects(c *gin.Context) error  { return s.search(c, "subject") }
func (s *Server) searchResources(c *gin.Context) error { return s.search(c, "resource") }
func (s *Server) searchActions(c *gin.Context) error   { return s.search(c, "action") }

func (s *Server) search(c *gin.Context, kind string) error {
	m, body, err := readAccess(c, readExact)
	if err != nil {
		return err
	}
	q, err := readSearch(kind, m)
	if err != nil {
		return err
	}
	a := s.asking(c, body)
	var answer *searchAnswer
	if q.token != "" {
		answer, err = a.next(c.Request.Context(), q)
	} else {
		answer, err = a.first(c.Request.Context(), q)
	}
	if err != nil {
		return err
	}
	return write(c, http.StatusOK, answer)
}

// first goes through all there is, at once, and keeps what it found where that
// does not fit into one answer.
func (a *asking) first(ctx context.Context, q *search) (*searchAnswer, error) {
	if a.set == nil {
		return &searchAnswer{Context: authz.Refuse(noSet, "no policy set is active").Context, Results: []found{}}, nil
	}
	if a.set.engine == nil {
		return &searchAnswer{Context: a.broken().Context, Results: []found{}}, nil
	}
	limited, cancel := context.WithTimeout(ctx, searchTime)
	defer cancel()
	results, err := a.find(limited, q)
	if err != nil {
		if ctx.Err() == nil && limited.Err() != nil {
			return nil, errSearch
		}
		return nil, err
	}
	p := &pages{Client: a.who.Client, Digest: q.digest, Limit: maxPage, Results: results}
	if q.limit != nil {
		p.Limit = min(*q.limit, maxPage)
	}
	if len(results) <= p.Limit {
		return p.answer("", 0), nil
	}
	id := newRequestID()
	content, err := json.Marshal(p)
	if err != nil {
		return nil, fmt.Errorf("keeping a search: %w", err)
	}
	kept := &KeptSearch{Tenant: a.who.Tenant, ID: id, Expires: a.server.cfg.Now().Add(pageLife), Content: content}
	if err := a.server.cfg.Entities.KeepSearch(ctx, kept); err != nil {
		return nil, err
	}
	return p.answer(id, 0), nil
}

// next gives another page of what was found: "all entities … and pagination
// parameters … MUST be identical" (AuthZEN, "Pagination").
func (a *asking) next(ctx context.Context, q *search) (*searchAnswer, error) {
	id, at, ok := strings.Cut(q.token, ".")
	from, err := strconv.Atoi(at)
	if !ok || err != nil || from < 0 {
		return nil, errToken
	}
	kept, err := a.server.cfg.Entities.KeptSearch(ctx, a.who.Tenant, id, a.server.cfg.Now())
	if errors.Is(err, ErrUnknownSearch) {
		return nil, errToken
	}
	if err != nil {
		return nil, err
	}
	var p pages
	if err := json.Unmarshal(kept.Content, &p); err != nil {
		return nil, fmt.Errorf("reading a search: %w", err)
	}
	if p.Client != a.who.Client || p.Digest != q.digest || from > len(p.Results) || q.limit != nil && min(*q.limit, maxPage) != p.Limit {
		return nil, errToken
	}
	return p.answer(id, from), nil
}

// errToken: a page's token is not this search's, or not any more.
var errToken = errors.New("this token is of no search, of another one, or has expired")

func (p *pages) answer(id string, from int) *searchAnswer {
	to := min(from+p.Limit, len(p.Results))
	a := &searchAnswer{Page: searchPage{Count: to - from, Total: len(p.Results)}, Results: append([]found{}, p.Results[from:to]...)}
	if to < len(p.Results) {
		a.Page.NextToken = id + "." + strconv.Itoa(to)
	}
	return a
}

// find evaluates the question for each candidate.
func (a *asking) find(ctx context.Context, q *search) ([]found, error) {
	each, err := a.candidates(ctx, q)
	if err != nil {
		return nil, err
	}
	results := []found{}
	for _, c := range each {
		answer, err := a.set.engine.Decide(ctx, c.Input)
		if err != nil {
			return nil, err
		}
		if answer.Decision {
			c.found.Obligations = answer.Context["obligations"]
			results = append(results, c.found)
		}
	}
	return results, nil
}

func readSearch(kind string, m map[string]any) (*search, error) {
	r := &accessReader{}
	q := &search{kind: kind}
	asked := map[string]any{}
	for _, name := range []string{"subject", "action", "resource", "context"} {
		if v, ok := m[name]; ok && (name != kind || kind != "action") {
			asked[name] = v
		}
	}
	q.question(r, asked)
	if q.proxied {
		r.fault("/context/procura", "a search takes no proxy challenge")
	}
	q.page(r, m)
	if err := r.err(); err != nil {
		return nil, err
	}
	raw, err := json.Marshal([]any{kind, asked})
	if err != nil {
		return nil, fmt.Errorf("reading a search: %w", err)
	}
	sum := sha256.Sum256(raw)
	q.digest = hex.EncodeToString(sum[:])
	return q, nil
}

// question reads what is asked; of what is searched the type alone: "the Subject
// id SHOULD be omitted, and if present, MUST be ignored".
func (q *search) question(r *accessReader, asked map[string]any) {
	for name, to := range map[string]*authz.Entity{"subject": &q.Subject, "resource": &q.Resource} {
		v := asked[name]
		if m, ok := v.(map[string]any); ok && name == q.kind {
			v = map[string]any{"type": m["type"], "id": "any"}
			if p, given := m["properties"]; given {
				v.(map[string]any)["properties"] = p
			}
			asked[name] = v
		}
		*to = r.entity("/"+name, v)
	}
	if q.kind != "action" {
		q.Action = r.action("/action", asked["action"])
	}
	r.context(&q.accessQuestion, asked)
}

func (q *search) page(r *accessReader, m map[string]any) {
	page := r.object("/page", m, "page")
	if v, given := page["limit"]; given {
		n, ok := v.(float64)
		if !ok || n < 0 || n != float64(int32(n)) {
			r.fault("/page/limit", "must be a whole number, and not negative")
		}
		limit := int(n)
		q.limit = &limit
	}
	if v, given := page["token"]; given {
		token, ok := v.(string)
		if !ok || token == "" {
			r.fault("/page/token", "must be a token of a former page")
		}
		q.token = token
	}
}
