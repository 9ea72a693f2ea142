package client

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"github.com/procura-dev/procura/wallet/keys"
)

// An Item is what is to be kept, or was.
type Item struct {
	keys.Item
	Own        string   // its own id, as a credential's: unique in its partition; may be empty
	Collection string   // the own id of the collection that it is in; may be empty
	Tags       []string // what else it is found by, each field=value
	Content    []byte
}

func text(id keys.ID) string {
	raw, _ := b64(id[:]).MarshalText() // never fails
	return string(raw)
}

// Add keeps an item; its id is made where it has none.
func (p *Partition) Add(ctx context.Context, i *Item) error {
	if i.ID == (keys.ID{}) {
		i.ID = keys.NewID()
	}
	i.Version = 1
	body := p.sealed(i)
	body["id"] = b64(i.ID[:])
	return p.session.Do(ctx, http.MethodPost, p.path(keys.ID{}), body, nil)
}

// Change keeps another content in the place of an item's, whose version is that
// which was read; it is one more then.
func (p *Partition) Change(ctx context.Context, i *Item) error {
	next := *i
	next.Version++
	body := p.sealed(&next)
	body["version"] = next.Version
	if err := p.session.Do(ctx, http.MethodPut, p.path(i.ID), body, nil); err != nil {
		return err
	}
	i.Version = next.Version
	return nil
}

// ownField is the field of an item's own id.
const ownField = "id"

func (p *Partition) sealed(i *Item) map[string]any {
	s := p.keys.Seal(i.Item, i.Content)
	body := map[string]any{"kind": i.Kind, "epoch": p.keys.Epoch, "key": b64(s.Key), "content": b64(s.Content)}
	tag := func(field, value string) b64 { t := p.keys.Tag(field, value); return t[:] }
	if i.Own != "" {
		body["own"] = tag(ownField, i.Own)
	}
	if i.Collection != "" {
		body["collection"] = tag(ownField, i.Collection)
	}
	tags := []b64{}
	for _, each := range i.Tags {
		tags = append(tags, tag("tag", each))
	}
	body["tags"] = tags
	return body
}

// kept is an item as the server gives it.
type kept struct {
	ID             b64
	Kind           string
	Epoch, Version uint64
	Key, Content   b64
}

// unseal opens what the server gave for an id, or for any.
func (p *Partition) unseal(k kept, asked keys.ID) (*Item, error) {
	if len(k.ID) != len(keys.ID{}) {
		return nil, ErrServer
	}
	i := &Item{Item: keys.Item{ID: keys.ID(k.ID), Kind: k.Kind, Version: k.Version}}
	if asked != (keys.ID{}) && i.ID != asked {
		return nil, ErrServer
	}
	under, known := p.epochs[k.Epoch]
	if !known {
		return nil, ErrServer
	}
	var err error
	if i.Content, err = under.Open(i.Item, keys.Sealed{Key: k.Key, Content: k.Content}); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrServer, err)
	}
	return i, nil
}

// Get fetches an item and opens it.
func (p *Partition) Get(ctx context.Context, id keys.ID) (*Item, error) {
	var k kept
	if err := p.session.Do(ctx, http.MethodGet, p.path(id), nil, &k); err != nil {
		return nil, err
	}
	return p.unseal(k, id)
}

// A Find says which items are wanted; its zero value, all.
type Find struct {
	Kind, Own, Collection, Tag string
}

// All fetches items, page by page, and opens them.
func (p *Partition) All(ctx context.Context, f Find) ([]*Item, error) {
	q := url.Values{"most": {"100"}}
	set := func(name, field, value string) {
		if value != "" {
			t := p.keys.Tag(field, value)
			q.Set(name, text(keys.ID(t)))
		}
	}
	set("tag", "tag", f.Tag)
	set("tag", ownField, f.Own)
	set("collection", ownField, f.Collection)
	if f.Kind != "" {
		q.Set("kind", f.Kind)
	}
	out := []*Item{}
	for {
		var got struct{ Items []kept }
		if err := p.session.Do(ctx, http.MethodGet, p.path(keys.ID{})+"?"+q.Encode(), nil, &got); err != nil {
			return nil, err
		}
		for _, k := range got.Items {
			i, err := p.unseal(k, keys.ID{})
			if err != nil {
				return nil, err
			}
			out = append(out, i)
			q.Set("after", text(i.ID))
		}
		if len(got.Items) < 100 {
			return out, nil
		}
	}
}

// Remove removes an item, whose version is that which was read.
func (p *Partition) Remove(ctx context.Context, i *Item) error {
	return p.session.Do(ctx, http.MethodDelete, fmt.Sprintf("%s?version=%d", p.path(i.ID), i.Version), nil, nil)
}
