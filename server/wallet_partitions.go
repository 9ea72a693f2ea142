package server

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/procura-dev/procura/wallet/contents"
	"github.com/procura-dev/procura/wallet/keys"
	"github.com/procura-dev/procura/wallet/kms"
	"github.com/procura-dev/procura/wallet/session"
	"github.com/procura-dev/procura/wallet/session/channel"
)

func listPartitions(ctx context.Context, w *walletCall) (int, any, error) {
	list, err := w.Contents.Partitions(ctx, w.in)
	if err != nil {
		return 0, nil, err
	}
	out := make([]map[string]any, len(list))
	for i, p := range list {
		out[i] = map[string]any{"id": encode64(p.ID[:]), "epoch": p.Epoch, "mode": p.Mode, "root": p.Root, "key": encode64(p.Key), "begun": stamped(p.Begun), "open": w.isOpen(&p)}
	}
	return http.StatusOK, map[string]any{"partitions": out}, nil
}

// unsealed are the modes in which the server is given a partition's key.
var unsealed = []string{contents.Served, contents.Custodial}

// wrappedKey is how long a key is that another wraps.
const wrappedKey = keys.Size + keys.Overhead

func addPartition(_ context.Context, w *walletCall) (int, any, error) {
	r, err := w.body()
	if err != nil {
		return 0, nil, err
	}
	p := &contents.Partition{ID: r.id("id"), Epoch: r.count("epoch"), Root: r.count("root"), Mode: r.mode(), Key: r.bytes("key", wrappedKey)}
	if slices.Contains(unsealed, p.Mode) {
		w.give(p, r.key("serve"))
	}
	if err := r.err(); err != nil {
		return 0, nil, err
	}
	w.changes = []contents.Change{{AddPartition: p}}
	return http.StatusCreated, map[string]any{"id": encode64(p.ID[:]), "epoch": p.Epoch}, nil
}

// give fills in what is kept of a key that a client gave for p.
func (w *walletCall) give(p *contents.Partition, key keys.Key) {
	check := keys.Served(w.in, p.ID, p.Epoch, key).Check()
	p.Check = &check
	if p.Mode == contents.Custodial {
		p.Held = &key
	}
}

func changePartition(_ context.Context, w *walletCall) (int, any, error) {
	id, err := w.id("partition")
	if err != nil {
		return 0, nil, err
	}
	r, err := w.body()
	if err != nil {
		return 0, nil, err
	}
	m := &contents.ModeChange{Partition: id, Mode: r.mode()}
	if slices.Contains(unsealed, m.Mode) {
		for _, o := range r.epochs() {
			p := contents.Partition{ID: id, Epoch: o.Epoch, Mode: m.Mode}
			w.give(&p, o.Key)
			m.Epochs = append(m.Epochs, p)
		}
	}
	if err := r.err(); err != nil {
		return 0, nil, err
	}
	w.changes = []contents.Change{{SetMode: m}}
	return http.StatusOK, map[string]any{"id": encode64(id[:]), "mode": m.Mode}, nil
}

func openPartition(ctx context.Context, w *walletCall) (int, any, error) {
	id, err := w.id("partition")
	if err != nil {
		return 0, nil, err
	}
	r, err := w.body()
	if err != nil {
		return 0, nil, err
	}
	given := r.epochs()
	if err := r.err(); err != nil {
		return 0, nil, err
	}
	had, err := w.epochsOf(ctx, id)
	if err != nil {
		return 0, nil, err
	}
	opened, err := w.unlock(had, given)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, struct{}{}, w.keep(append(without(w.row.Opened, id), opened...))
}

// epochsOf are a partition's epochs, the newest last.
func (w *walletCall) epochsOf(ctx context.Context, id keys.ID) ([]contents.Partition, error) {
	list, err := w.Contents.Partitions(ctx, w.in)
	if err != nil {
		return nil, err
	}
	list = slices.DeleteFunc(list, func(p contents.Partition) bool { return p.ID != id })
	if len(list) == 0 {
		return nil, contents.ErrPartition
	}
	return list, nil
}

// unlock checks the keys of all epochs of a partition that is served.
func (w *walletCall) unlock(had []contents.Partition, given []channel.Opened) ([]channel.Opened, error) {
	switch newest := &had[len(had)-1]; {
	case newest.Mode == contents.Sealed:
		return nil, contents.ErrMode
	case w.isOpen(newest):
		return nil, contents.ErrUnlocked
	case len(given) != len(had):
		return nil, contents.ErrVersion
	}
	for i := range had {
		p, o := &had[i], &given[i]
		if o.Epoch != p.Epoch {
			return nil, contents.ErrVersion
		}
		if p.Check == nil || keys.Served(w.in, p.ID, p.Epoch, o.Key).Check() != *p.Check {
			return nil, contents.ErrKey
		}
		o.Partition, o.Turn = p.ID, p.Turn
	}
	return given, nil
}

// isOpen reports whether this session can use an epoch of a partition.
func (w *walletCall) isOpen(p *contents.Partition) bool {
	return p.Mode == contents.Custodial || w.opened(p) != nil
}

func (w *walletCall) opened(p *contents.Partition) *channel.Opened {
	for i, o := range w.row.Opened {
		if o.Partition == p.ID && o.Epoch == p.Epoch && o.Turn == p.Turn {
			return &w.row.Opened[i]
		}
	}
	return nil
}

// without is what is open of other partitions.
func without(opened []channel.Opened, these ...keys.ID) []channel.Opened {
	return slices.DeleteFunc(slices.Clone(opened), func(o channel.Opened) bool { return slices.Contains(these, o.Partition) })
}

// keep seals what the session is to have open.
func (w *walletCall) keep(opened []channel.Opened) error {
	if len(opened) > channel.MaxOpened {
		return contents.ErrManyOpen
	}
	row := w.row
	row.Opened = opened
	w.changes = append(w.changes, contents.Change{KeepSession: &contents.Kept{Before: w.session.Row, After: row.Seal(w.at(), w.open, w.service)}})
	return nil
}

// closePartition closes it for this session, or for all that the account has.
func closePartition(ctx context.Context, w *walletCall) (int, any, error) {
	id, err := w.id("partition")
	if err != nil {
		return 0, nil, err
	}
	if _, err := w.epochsOf(ctx, id); err != nil {
		return 0, nil, err
	}
	return w.close(ctx, []keys.ID{id})
}

func (w *walletCall) close(ctx context.Context, these []keys.ID) (int, any, error) {
	switch all := w.query.Get("all"); all {
	case "":
	case "true":
		if err := w.steppedUp(ctx); err != nil {
			return 0, nil, err
		}
		for i := range these {
			w.changes = append(w.changes, contents.Change{CloseAll: &these[i]})
		}
	default:
		return 0, nil, faulty("all", "must be true, or absent")
	}
	left := without(w.row.Opened, these...)
	if len(left) == len(w.row.Opened) {
		return http.StatusOK, struct{}{}, nil
	}
	return http.StatusOK, struct{}{}, w.keep(left)
}

// steppedUp refuses what takes the password anew.
func (w *walletCall) steppedUp(ctx context.Context) error {
	there, err := w.stepped(ctx)
	if err == nil && !there {
		err = session.ErrStepUp
	}
	return err
}

// serve is what reads, writes and signs in a partition must go through: its epochs,
// the newest last. It refuses one that is not served and open to this session.
func (w *walletCall) serve(ctx context.Context, had []contents.Partition) (kms.Part, error) {
	if len(had) == 0 {
		return nil, contents.ErrPartition
	}
	if w.acting != nil {
		if err := w.mayIn(ctx, had[0].ID); err != nil {
			return nil, err
		}
	}
	var held map[uint64]keys.Key
	if had[0].Mode == contents.Custodial {
		var err error
		if held, err = w.Contents.Held(ctx, w.in, had[0].ID); err != nil {
			return nil, err
		}
	}
	var out kms.Part
	for i := range had {
		p := &had[i]
		key, ok := held[p.Epoch]
		if o := w.opened(p); o != nil { // of this mode: another has the next turn
			key, ok = o.Key, true
		}
		if !ok {
			return nil, contents.ErrSealed
		}
		out = append(out, keys.Served(w.in, p.ID, p.Epoch, key))
	}
	w.served = append(w.served, out...)
	return out, nil
}

// mode is a partition's mode.
func (m *memberReader) mode() string {
	before := len(m.faults)
	mode := m.text("mode")
	if len(m.faults) == before && !slices.Contains(contents.Modes, mode) {
		m.fault("mode", "must be one of %s", strings.Join(contents.Modes, ", "))
	}
	return mode
}

// key is one in the clear, as only the channel carries it.
func (m *memberReader) key(name string) (k keys.Key) {
	if b := m.bytes(name, keys.Size); len(b) == keys.Size {
		k = keys.Key(b)
		clear(b)
	}
	return k
}

// epochs is a partition's keys, in the order of their epochs.
func (m *memberReader) epochs() (out []channel.Opened) {
	m.known["keys"] = true
	list, ok := m.object["keys"].([]any)
	if !ok || len(list) == 0 || len(list) > channel.MaxOpened {
		m.fault("keys", "must be a list of 1 to %d", channel.MaxOpened)
		return nil
	}
	for _, each := range list {
		object, _ := each.(map[string]any)
		r := &memberReader{object: object, known: map[string]bool{}}
		o := channel.Opened{Epoch: r.count("epoch"), Key: r.key("key")}
		if r.err() != nil {
			m.fault("keys", "must each have epoch, a whole number from 1, and key, 32 bytes in base64url without padding")
			return nil
		}
		out = append(out, o)
	}
	slices.SortFunc(out, func(a, b channel.Opened) int { return cmp.Compare(a.Epoch, b.Epoch) })
	return out
}
