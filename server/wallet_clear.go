package server

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/procura-dev/procura/verifier/vc"
	"github.com/procura-dev/procura/wallet/contents"
	"github.com/procura-dev/procura/wallet/keys"
	"github.com/procura-dev/procura/wallet/kms"
)

// inTheClear are the operations whose items a proxy is given, and gives, in the
// clear, sealed by the channel alone: it never has the partition's key. Keys that
// sign are no items to it.
var inTheClear = map[string]func(context.Context, *walletCall) (int, any, error){
	"wallet.item.list":   listClear,
	"wallet.item.get":    getClear,
	"wallet.item.add":    addClear,
	"wallet.item.change": changeClear,
	"wallet.item.remove": removeClear,
}

// maxClear bounds the contents in one page, in bytes.
const maxClear = 4 << 20

// The fields under which an item's own id and its tags are found, as clients write them.
const (
	ownField = "id"
	tagField = "tag"
)

// part is the partition that the path names, open.
func (w *walletCall) part(ctx context.Context) (kms.Part, keys.ID, error) {
	id, err := w.id("partition")
	if err != nil {
		return nil, id, err
	}
	had, err := w.epochsOf(ctx, id)
	if err != nil {
		return nil, id, err
	}
	part, err := w.serve(ctx, had)
	return part, id, err
}

// clearItem is the item that the path names, and the partition that it is in.
func (w *walletCall) clearItem(ctx context.Context) (kms.Part, *contents.Item, error) {
	part, partition, err := w.part(ctx)
	if err != nil {
		return nil, nil, err
	}
	id, err := w.id("item")
	if err != nil {
		return nil, nil, err
	}
	i, err := w.Contents.Item(ctx, w.in, partition, id)
	if err == nil && i.Kind == contents.KindKey {
		err = contents.ErrItem
	}
	return part, i, err
}

func getClear(ctx context.Context, w *walletCall) (int, any, error) {
	part, i, err := w.clearItem(ctx)
	if err != nil {
		return 0, nil, err
	}
	out, _, err := shownClear(part, i)
	return http.StatusOK, out, err
}

func shownClear(part kms.Part, i *contents.Item) (out map[string]any, size int, err error) {
	content, err := openItem(part, i)
	if err != nil {
		return nil, 0, err
	}
	return map[string]any{"id": i.ID, "kind": i.Kind, "version": i.Version, "content": encode64(content)}, len(content), nil
}

// listClear lists a page. next says after which id the one behind it begins, and is
// absent where there is none.
func listClear(ctx context.Context, w *walletCall) (int, any, error) {
	part, partition, err := w.part(ctx)
	if err != nil {
		return 0, nil, err
	}
	collection := w.query.Get("collection") // its own id, not the tag
	w.query.Del("collection")
	q, err := w.itemQuery()
	if err != nil {
		return 0, nil, err
	}
	if collection != "" {
		if q.Collection, err = w.collection(ctx, part, partition, collection); err != nil {
			return 0, nil, err
		}
	}
	list, err := w.Contents.Items(ctx, w.in, q)
	if err != nil {
		return 0, nil, err
	}
	items, bytes, answer := []map[string]any{}, 0, map[string]any{}
	for n := range list {
		if list[n].Kind != contents.KindKey {
			out, size, err := shownClear(part, &list[n])
			if err != nil {
				return 0, nil, err
			}
			items, bytes = append(items, out), bytes+size
		}
		if bytes > maxClear || n+1 == q.Most {
			answer["next"] = list[n].ID
			break
		}
	}
	answer["items"] = items
	return http.StatusOK, answer, nil
}

func addClear(ctx context.Context, w *walletCall) (int, any, error) {
	part, partition, err := w.part(ctx)
	if err != nil {
		return 0, nil, err
	}
	r, err := w.body()
	if err != nil {
		return 0, nil, err
	}
	return w.putClear(ctx, part, r, &contents.Item{Partition: partition, ID: keys.NewID(), Kind: r.clearKind(), Version: 1}, http.StatusCreated)
}

func changeClear(ctx context.Context, w *walletCall) (int, any, error) {
	part, had, err := w.clearItem(ctx)
	if err != nil {
		return 0, nil, err
	}
	r, err := w.body()
	if err != nil {
		return 0, nil, err
	}
	next := &contents.Item{Partition: had.Partition, ID: had.ID, Kind: r.clearKind(), Version: r.count("version"), Own: had.Own, Collection: had.Collection}
	if next.Version == 1 {
		r.fault("version", "must be 2 or more: one more than the version before")
	}
	return w.putClear(ctx, part, r, next, http.StatusOK)
}

// clearKind is a type of content that a proxy can keep.
func (m *memberReader) clearKind() string {
	kind := m.text("kind")
	if kind != "" && (kind == contents.KindKey || !slices.Contains(contents.Kinds, kind)) {
		m.fault("kind", "must be one of %s", strings.Join(slices.DeleteFunc(slices.Clone(contents.Kinds), func(k string) bool { return k == contents.KindKey }), ", "))
	}
	return kind
}

// putClear seals what a proxy gave, as the owner's client would.
func (w *walletCall) putClear(ctx context.Context, part kms.Part, r *memberReader, i *contents.Item, status int) (int, any, error) {
	content, own, collection := r.plain("content"), r.optional("own"), r.optional("collection")
	tags := r.names("tags")
	if err := r.err(); err != nil {
		return 0, nil, err
	}
	newest := part[len(part)-1]
	i.Epoch, i.Sealed = newest.Epoch, newest.Seal(keys.Item{ID: i.ID, Kind: i.Kind, Version: i.Version}, content)
	for _, text := range tags {
		i.Tags = append(i.Tags, newest.Tag(tagField, text))
	}
	var err error
	if own != "" {
		if err = w.unowned(ctx, part, i, own); err != nil {
			return 0, nil, err
		}
		tag := newest.Tag(ownField, own)
		i.Own = &tag
	}
	if collection != "" {
		if i.Collection, err = w.collection(ctx, part, i.Partition, collection); err != nil {
			return 0, nil, err
		}
	}
	return w.put(i, r, status)
}

// unowned refuses an own id that another item of an earlier epoch has.
func (w *walletCall) unowned(ctx context.Context, part kms.Part, i *contents.Item, own string) error {
	for _, epoch := range part {
		tag := epoch.Tag(ownField, own)
		list, err := w.Contents.Items(ctx, w.in, contents.Query{Partition: i.Partition, Tag: &tag, Most: 1})
		if err != nil {
			return err
		}
		if len(list) > 0 && list[0].ID != i.ID {
			return contents.ErrTag
		}
	}
	return nil
}

// collection is the own tag of a collection, of whichever epoch it is.
func (w *walletCall) collection(ctx context.Context, part kms.Part, in keys.ID, own string) (*keys.Tag, error) {
	for _, epoch := range slices.Backward(part) {
		tag := epoch.Tag(ownField, own)
		list, err := w.Contents.Items(ctx, w.in, contents.Query{Partition: in, Kind: contents.KindCollection, Tag: &tag, Most: 1})
		if err != nil {
			return nil, err
		}
		if len(list) > 0 {
			return &tag, nil
		}
	}
	return nil, contents.ErrCollection
}

func removeClear(ctx context.Context, w *walletCall) (int, any, error) {
	if _, _, err := w.clearItem(ctx); err != nil {
		return 0, nil, err
	}
	return removeItem(ctx, w)
}

// plain is the content of an item, in the clear.
func (m *memberReader) plain(name string) []byte {
	before := len(m.faults)
	text := m.text(name)
	if len(m.faults) > before {
		return nil
	}
	b, ok := vc.DecodeBase64(text)
	if !ok || len(b) > contents.MaxContent-keys.Overhead {
		m.fault(name, "must be at most %d bytes in base64url without padding", contents.MaxContent-keys.Overhead)
	}
	return b
}
