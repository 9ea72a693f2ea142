package main

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/procura-dev/procura/verifier/did"
	"github.com/procura-dev/procura/verifier/pack"
	"github.com/procura-dev/procura/verifier/proof"
	"github.com/procura-dev/procura/verifier/status"
	"github.com/procura-dev/procura/verifier/vc"
)

// A gatherer fetches what goes into a pack, each once.
type gatherer struct {
	net       *network
	proofs    *proof.Verifier
	documents []pack.Document
	lists     []pack.List

	mu     sync.Mutex
	bodies map[string][]byte // by URL
}

func newGatherer(flags *fetchFlags, log *slog.Logger) (*gatherer, error) {
	g := &gatherer{bodies: map[string][]byte{}}
	net, err := flags.network(log, func(url string, body []byte) {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.bodies[url] = body
	})
	if err != nil {
		return nil, err
	}
	// What the operator names himself is fetched: it needs nobody's list.
	all := func(context.Context, string) (bool, error) { return true, nil }
	g.net, g.proofs = net, &proof.Verifier{DIDs: net.dids.Under(did.Terms{Listed: all}), Now: time.Now}
	return g, nil
}

func (g *gatherer) body(url string) (string, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	body, ok := g.bodies[url]
	if !ok {
		return "", fmt.Errorf("%s: nothing was fetched", url)
	}
	return string(body), nil
}

// document adds the document of a did:web.
func (g *gatherer) document(ctx context.Context, id string) error {
	if slices.ContainsFunc(g.documents, func(d pack.Document) bool { return d.ID == id }) {
		return nil
	}
	if err := g.net.web.Fetch(ctx, id); err != nil {
		return err
	}
	url, err := did.DocumentURL(id)
	if err != nil {
		return err
	}
	body, err := g.body(url)
	if err != nil {
		return err
	}
	g.documents = append(g.documents, pack.Document{ID: id, Document: body})
	return nil
}

// list adds a status list whose proof holds, and the document of its issuer.
func (g *gatherer) list(ctx context.Context, url string) error {
	if slices.ContainsFunc(g.lists, func(l pack.List) bool { return l.URL == url }) {
		return nil
	}
	l, err := g.net.lists.Get(ctx, url, status.AnyAge)
	if err != nil {
		return fmt.Errorf("%s: %w", url, err)
	}
	s, err := l.Check(ctx, g.proofs)
	if err != nil {
		return fmt.Errorf("%s: %w", url, err)
	}
	if did.IsWeb(s.Issuer) {
		if err := g.document(ctx, s.Issuer); err != nil {
			return err
		}
	}
	body, err := g.body(url)
	if err != nil {
		return err
	}
	if _, err := status.ListAt(url, body); err != nil {
		return err
	}
	g.lists = append(g.lists, pack.List{URL: url, List: body})
	return nil
}

// sought adds what checking a presentation or credential takes, and says of what
// could not be had why.
func (g *gatherer) sought(ctx context.Context, raw []byte) (left []error) {
	w := &search{dids: map[string]bool{}, lists: map[string]bool{}}
	w.text(strings.TrimSpace(string(raw)), 0)
	if len(w.dids)+len(w.lists) == 0 {
		left = append(left, errors.New("nothing: what is shown names no did:web and no status list"))
	}
	for _, url := range slices.Sorted(maps.Keys(w.lists)) {
		left = append(left, g.list(ctx, url))
	}
	for _, id := range slices.Sorted(maps.Keys(w.dids)) {
		left = append(left, g.document(ctx, id))
	}
	return slices.DeleteFunc(left, func(err error) bool { return err == nil })
}

// search walks through what is shown: it finds every did:web and every status list,
// wherever they stand.
type search struct{ dids, lists map[string]bool }

// maxDepth bounds how deep presentations, credentials and their tokens lie in each other.
const maxDepth = 64

// text looks into a token, a document in JSON, or an identifier.
func (w *search) text(s string, depth int) {
	if depth > maxDepth {
		return
	}
	switch {
	case strings.HasPrefix(s, "did:web:"):
		if end := strings.IndexAny(s, "#?/"); end >= 0 {
			s = s[:end]
		}
		w.dids[s] = true
	case strings.HasPrefix(s, "{"), strings.HasPrefix(s, "["):
		if tree, err := vc.ParseJSON([]byte(s)); err == nil {
			w.value(tree, depth+1)
		}
	case strings.HasPrefix(s, "data:"): // of an enveloped credential
		_, token, _ := strings.Cut(s, ",")
		w.text(token, depth+1)
	default:
		w.token(s, depth)
	}
}

// token looks into a JWT, or the parts of an SD-JWT.
func (w *search) token(s string, depth int) {
	parts := strings.Split(s, "~")
	for _, part := range parts {
		if j, err := vc.ParseJWT(part); err == nil {
			w.value(j.Header, depth+1)
			w.value(j.Payload, depth+1)
		} else if raw, err := base64.RawURLEncoding.DecodeString(part); err == nil && len(parts) > 1 {
			w.text(string(raw), depth+1)
		}
	}
}

func (w *search) value(v any, depth int) {
	if depth > maxDepth {
		return
	}
	switch v := v.(type) {
	case string:
		w.text(v, depth)
	case []any:
		for _, item := range v {
			w.value(item, depth+1)
		}
	case map[string]any:
		w.entries(v)
		for _, item := range v {
			w.value(item, depth+1)
		}
	}
}

// entries finds the lists that an object names as a credential does.
func (w *search) entries(members map[string]any) {
	for _, name := range []string{"credentialStatus", "status"} {
		if _, ok := members[name]; !ok {
			continue
		}
		all, _ := status.Entries(map[string]any{name: members[name]})
		for _, e := range all {
			if e.Readable() && e.List != "" {
				w.lists[e.List] = true
			}
		}
	}
}
