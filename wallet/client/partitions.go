package client

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"github.com/procura-dev/procura/wallet/contents"
	"github.com/procura-dev/procura/wallet/keys"
)

// A Partition is one part of a wallet, whose keys its client has.
type Partition struct {
	Mode   string // contents.Sealed, contents.Served or contents.Custodial
	IsOpen bool   // to the server, in this session

	session *Session
	keys    *keys.Partition // of the newest epoch
	epochs  map[uint64]*keys.Partition
}

// ID names it.
func (p *Partition) ID() keys.ID { return p.keys.ID }

// Epoch is the newest.
func (p *Partition) Epoch() uint64 { return p.keys.Epoch }

// AddPartition makes a sealed one.
func (s *Session) AddPartition(ctx context.Context, a *Account) (*Partition, error) {
	return s.AddPartitionIn(ctx, a, contents.Sealed)
}

// AddPartitionIn makes one in a mode. The server is given the key of one that is
// not sealed: it forgets that of a served one until [Partition.Open], and keeps
// that of a custodial one.
func (s *Session) AddPartitionIn(ctx context.Context, a *Account, mode string) (*Partition, error) {
	p := keys.NewPartition(a.Account)
	body := map[string]any{"id": b64(p.ID[:]), "epoch": p.Epoch, "mode": mode, "root": a.Root.Generation, "key": b64(a.Root.Partition(p))}
	if mode != contents.Sealed {
		body["serve"] = served(p)
	}
	err := s.Do(ctx, http.MethodPost, "partitions", body, nil)
	return &Partition{Mode: mode, IsOpen: mode == contents.Custodial, session: s, keys: p, epochs: map[uint64]*keys.Partition{p.Epoch: p}}, err
}

// served is a key as it is given to the server.
func served(p *keys.Partition) b64 {
	k := p.Serve()
	return k[:]
}

// Partitions opens each, in all its epochs.
func (s *Session) Partitions(ctx context.Context, a *Account) ([]*Partition, error) {
	var got struct {
		Partitions []struct {
			ID    b64
			Epoch uint64
			Key   b64
			Mode  string
			Open  bool
		}
	}
	if err := s.Do(ctx, http.MethodGet, "partitions", nil, &got); err != nil {
		return nil, err
	}
	out := []*Partition{}
	for _, each := range got.Partitions {
		if len(each.ID) != len(keys.ID{}) {
			return nil, ErrServer
		}
		k, err := a.Root.OpenPartition(keys.ID(each.ID), each.Epoch, each.Key)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrServer, err)
		}
		n := slices.IndexFunc(out, func(p *Partition) bool { return p.ID() == k.ID })
		if n < 0 {
			n, out = len(out), append(out, &Partition{session: s, keys: k, epochs: map[uint64]*keys.Partition{}})
		}
		p := out[n]
		p.epochs[k.Epoch] = k
		if k.Epoch >= p.keys.Epoch {
			p.keys, p.Mode, p.IsOpen = k, each.Mode, each.Open
		}
	}
	return out, nil
}

func (p *Partition) path(id keys.ID) string {
	at := p.at("items")
	if id != (keys.ID{}) {
		at += "/" + text(id)
	}
	return at
}

func (p *Partition) at(what string) string { return "partitions/" + text(p.keys.ID) + "/" + what }

// Open gives the server the keys of a served partition, until [Partition.Close] or
// the session's end. One that this session has open is "already-unlocked".
func (p *Partition) Open(ctx context.Context) error {
	err := p.session.Do(ctx, http.MethodPost, p.at("open"), map[string]any{"keys": p.given()}, nil)
	p.IsOpen = p.IsOpen || err == nil
	return err
}

// given are the keys of all epochs.
func (p *Partition) given() (out []map[string]any) {
	for epoch, k := range p.epochs {
		out = append(out, map[string]any{"epoch": epoch, "key": served(k)})
	}
	return out
}

// Close has the server forget the keys, in this session. It may be closed already.
func (p *Partition) Close(ctx context.Context) error {
	return p.closed(p.session.Do(ctx, http.MethodPost, p.at("close"), nil, nil))
}

// CloseAll does so in every session of the account.
func (p *Partition) CloseAll(ctx context.Context, password string) error {
	return p.closed(p.session.DoAgain(ctx, password, http.MethodPost, p.at("close?all=true"), nil, nil))
}

func (p *Partition) closed(err error) error {
	if err == nil {
		p.IsOpen = p.Mode == contents.Custodial
	}
	return err
}

// SetMode gives it another mode. What the server, or who read its store, learnt
// before, they may have kept: to seal again what was custodial is no secret regained.
func (p *Partition) SetMode(ctx context.Context, mode string) error {
	body := map[string]any{"mode": mode}
	if mode != contents.Sealed {
		body["keys"] = p.given()
	}
	if err := p.session.Do(ctx, http.MethodPut, "partitions/"+text(p.keys.ID), body, nil); err != nil {
		return err
	}
	p.Mode, p.IsOpen = mode, mode == contents.Custodial
	return nil
}
