package did

import (
	"context"
	"fmt"
	"time"
)

// packed are the documents of a pack: what there is without a network.
type packed struct {
	documents map[string]*document
	at        time.Time // of the pack: a DID document bears no signed time of its own
	now       func() time.Time
}

// Packed makes a Web that fetches nothing: it has the documents given, by their
// DIDs, as they were at an instant. One that is no document of its DID is an error.
func Packed(documents map[string][]byte, at time.Time, now func() time.Time) (*Web, error) {
	p := &packed{documents: map[string]*document{}, at: at, now: now}
	for id, raw := range documents {
		if err := CheckDocument(id, raw); err != nil {
			return nil, err
		}
		p.documents[id], _ = parseDocument(raw, id)
	}
	return &Web{packed: p}, nil
}

// CheckDocument says why some bytes are not the document of a did:web.
func CheckDocument(id string, raw []byte) error {
	if _, err := DocumentURL(id); err != nil {
		return err
	}
	if len(raw) > maxDocument {
		return fmt.Errorf("%s: the DID document is larger than %d bytes", id, maxDocument)
	}
	if _, wrong := parseDocument(raw, id); wrong != nil {
		return fmt.Errorf("%s: %w", id, wrong)
	}
	return nil
}

// Fetch has the document of a did:web fetched, unless that was just done, for
// whoever hears of what comes (fetch.Config, Got).
func (w *Web) Fetch(ctx context.Context, id string) error {
	url, err := DocumentURL(id)
	if err != nil {
		return err
	}
	if _, err := w.entry(ctx, id, url, DefaultMaxAge); err != nil {
		return fmt.Errorf("%s: %w", id, err)
	}
	return nil
}

// DocumentURL is where the document of a did:web lies.
func DocumentURL(id string) (string, error) {
	if !IsWeb(id) {
		return "", fmt.Errorf("%q is no did:web", id)
	}
	url, _, wrong := webURL(id)
	if wrong != nil {
		return "", fmt.Errorf("%s: %w", id, wrong)
	}
	return url, nil
}

// key finds a key in a pack that is not older than the terms allow.
func (p *packed) key(ctx context.Context, r *Resolver, id, method string, purpose Purpose) (*Key, error) {
	doc := p.documents[id]
	if doc == nil {
		return nil, fail(Unresolvable, "the pack has no document of this DID")
	}
	maxAge, err := r.maxAge(ctx)
	if err != nil {
		return nil, err
	}
	now := p.now()
	left := maxAge - now.Sub(p.at)
	if left < 0 {
		return nil, fail(Unresolvable, "the pack, and the DID document in it, is older than the framework allows")
	}
	key, err := doc.key(method, purpose, now)
	if err == nil && (key.Life == 0 || left < key.Life) {
		key.Life = max(left, 1) // a life of nothing would be one without an end
	}
	return key, err
}
