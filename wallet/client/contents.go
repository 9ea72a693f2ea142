package client

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/procura-dev/procura/wallet/contents"
	"github.com/procura-dev/procura/wallet/keys"
)

// An Item is what is to be kept, or was.
type Item struct {
	keys.Item
	Own        string   // its own id, as a credential's: unique in its partition; may be empty
	Collection string   // the own id of the collection that it is in; may be empty
	Tags       []string // what else it is found by, each field=value
	Content    []byte

	own, collection b64 // their tags, of an item that was fetched: kept where Own and Collection are empty
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
	if err := p.unowned(ctx, i.Own); err != nil {
		return err
	}
	return p.put(i, func(body map[string]any) error {
		body["id"] = b64(i.ID[:])
		return p.session.Do(ctx, http.MethodPost, p.path(keys.ID{}), body, nil)
	})
}

// unowned refuses an own id that an item of an earlier epoch has, whose tag the
// server cannot know to be the same.
func (p *Partition) unowned(ctx context.Context, own string) error {
	if own == "" || len(p.epochs) == 1 {
		return nil
	}
	had, err := p.All(ctx, Find{Own: own})
	if err == nil && len(had) > 0 {
		err = &Problem{Type: "item-tag-exists", Title: "there is one of this tag already", Status: http.StatusConflict}
	}
	return err
}

// put asks for an item to be kept, in a collection of the newest epoch that has it.
func (p *Partition) put(i *Item, ask func(body map[string]any) error) (err error) {
	for _, under := range p.newestFirst() {
		body := p.sealed(i)
		if i.Collection != "" {
			t := under.Tag(ownField, i.Collection)
			body["collection"] = b64(t[:])
		}
		if err = ask(body); i.Collection == "" || !errors.Is(err, Kind("collection-unknown")) {
			break
		}
	}
	return err
}

// Change keeps another content in the place of an item's, whose version is that
// which was read; it is one more then. Its own id and collection stay where none
// are given; its tags are those that are given, since they are not read back.
func (p *Partition) Change(ctx context.Context, i *Item) error {
	next := *i
	next.Version++
	err := p.put(&next, func(body map[string]any) error {
		body["version"] = next.Version
		return p.session.Do(ctx, http.MethodPut, p.path(i.ID), body, nil)
	})
	if err != nil {
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
	if own := p.own(i); len(own) > 0 {
		body["own"] = own
	}
	if len(i.collection) > 0 {
		body["collection"] = i.collection
	}
	tags := []b64{}
	for _, each := range i.Tags {
		t := p.keys.Tag("tag", each)
		tags = append(tags, t[:])
	}
	body["tags"] = tags
	return body
}

// own is the tag of an item's own id. A collection keeps that of the epoch in which
// it was made: what is in it is found by it.
func (p *Partition) own(i *Item) b64 {
	if i.Own == "" {
		return i.own
	}
	for _, under := range p.epochs {
		if t := under.Tag(ownField, i.Own); i.Kind == contents.KindCollection && bytes.Equal(t[:], i.own) {
			return i.own
		}
	}
	t := p.keys.Tag(ownField, i.Own)
	return t[:]
}

// kept is an item as the server gives it.
type kept struct {
	ID             b64
	Kind           string
	Epoch, Version uint64
	Key, Content   b64

	Own, Collection b64
}

// unseal opens what the server gave for an id, or for any.
func (p *Partition) unseal(k kept, asked keys.ID) (*Item, error) {
	if len(k.ID) != len(keys.ID{}) {
		return nil, ErrServer
	}
	i := &Item{Item: keys.Item{ID: keys.ID(k.ID), Kind: k.Kind, Version: k.Version}, own: k.Own, collection: k.Collection}
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

// All fetches items, page by page, and opens them. What is found by a tag is looked
// for under each epoch's.
func (p *Partition) All(ctx context.Context, f Find) ([]*Item, error) {
	out := []*Item{}
	for _, under := range p.newestFirst() {
		q := url.Values{}
		tagged := f.set(q, under)
		list, err := p.list(ctx, q)
		if err != nil {
			return nil, err
		}
		out = append(out, list...)
		if !tagged {
			break
		}
	}
	return out, nil
}

// newestFirst are the keys of all epochs.
func (p *Partition) newestFirst() []*keys.Partition {
	return slices.SortedFunc(maps.Values(p.epochs), func(a, b *keys.Partition) int { return cmp.Compare(b.Epoch, a.Epoch) })
}

// set says in a query what is wanted, and reports whether that is by a tag.
func (f Find) set(q url.Values, under *keys.Partition) (tagged bool) {
	set := func(name, field, value string) {
		if value != "" {
			q.Set(name, text(keys.ID(under.Tag(field, value))))
			tagged = true
		}
	}
	set("tag", "tag", f.Tag)
	set("tag", ownField, f.Own)
	set("collection", ownField, f.Collection)
	if f.Kind != "" {
		q.Set("kind", f.Kind)
	}
	return tagged
}

// page is how many items are fetched at once, at most.
const page = 100

func (p *Partition) list(ctx context.Context, q url.Values) (out []*Item, err error) {
	var last keys.ID
	for most := page; ; {
		q.Set("most", strconv.Itoa(most))
		var got struct{ Items []kept }
		switch err := p.session.Do(ctx, http.MethodGet, p.path(keys.ID{})+"?"+q.Encode(), nil, &got); {
		case errors.Is(err, errLarge) && most > 1:
			most /= 2 // they are large ones
			continue
		case err != nil:
			return nil, err
		}
		for _, k := range got.Items {
			i, err := p.unseal(k, keys.ID{})
			if err != nil {
				return nil, err
			}
			if bytes.Compare(i.ID[:], last[:]) <= 0 {
				return nil, fmt.Errorf("%w: items come again", ErrServer)
			}
			out, last = append(out, i), i.ID
			q.Set("after", text(last))
		}
		if len(got.Items) < most {
			return out, nil
		}
	}
}

// Remove removes an item, whose version is that which was read.
func (p *Partition) Remove(ctx context.Context, i *Item) error {
	return p.session.Do(ctx, http.MethodDelete, fmt.Sprintf("%s?version=%d", p.path(i.ID), i.Version), nil, nil)
}
