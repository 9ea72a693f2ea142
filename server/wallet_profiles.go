package server

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/procura-dev/procura/wallet/contents"
	"github.com/procura-dev/procura/wallet/keys"
	"github.com/procura-dev/procura/wallet/session"
	"github.com/procura-dev/procura/wallet/session/channel"
)

// The kinds of a KMS: where a profile's keys are.
const (
	kmsLocal     = "local"     // in a served partition
	kmsCustodial = "custodial" // in a custodial one
	kmsRemote    = "remote"    // at somebody else's
)

// A profileView is a profile with the partitions of its account.
type profileView struct {
	*contents.Profile
	parts map[keys.ID][]contents.Partition // each epoch, the newest last
}

// parts are the account's partitions.
func (w *walletCall) parts(ctx context.Context) (map[keys.ID][]contents.Partition, error) {
	list, err := w.Contents.Partitions(ctx, w.in)
	if err != nil {
		return nil, err
	}
	out := map[keys.ID][]contents.Partition{}
	for _, p := range list {
		out[p.ID] = append(out[p.ID], p)
	}
	return out, nil
}

// profile is the one that the path names; of another's, what a proxy may see of it.
func (w *walletCall) profile(ctx context.Context) (*profileView, error) {
	p, err := w.wholeProfile(ctx)
	if err != nil || w.acting == nil {
		return p, err
	}
	hidden := func(id keys.ID) bool { return !holdsPart(&w.acting.For.Terms, id) || p.mode(id) != contents.Custodial }
	p.KMS = slices.DeleteFunc(p.KMS, func(g contents.Generation) bool { return hidden(g.Partition) })
	p.Contents = slices.DeleteFunc(p.Contents, hidden)
	if len(p.KMS) == 0 {
		return nil, contents.ErrProfile
	}
	return p, nil
}

func (w *walletCall) wholeProfile(ctx context.Context) (*profileView, error) {
	name, err := url.PathUnescape(w.params["profile"])
	if err == nil {
		name, err = session.Canonical(name)
	}
	if err != nil {
		return nil, contents.ErrProfile
	}
	list, err := w.Contents.Profiles(ctx, w.in)
	if err != nil {
		return nil, err
	}
	n := slices.IndexFunc(list, func(p contents.Profile) bool { return p.Name == name })
	if n < 0 {
		return nil, contents.ErrProfile
	}
	parts, err := w.parts(ctx)
	return &profileView{&list[n], parts}, err
}

// mode is that of a partition's newest epoch; empty: there is none.
func (p *profileView) mode(id keys.ID) string {
	if epochs := p.parts[id]; len(epochs) > 0 {
		return epochs[len(epochs)-1].Mode
	}
	return ""
}

// served are the partitions that are opened with a profile.
func (p *profileView) served() []keys.ID {
	return slices.DeleteFunc(p.Partitions(), func(id keys.ID) bool { return p.mode(id) != contents.Served })
}

func (w *walletCall) shownProfile(p *profileView) map[string]any {
	kms := make([]map[string]any, len(p.KMS))
	for i, g := range p.KMS {
		kind := kmsLocal
		if p.mode(g.Partition) == contents.Custodial {
			kind = kmsCustodial
		}
		kms[i] = map[string]any{"generation": g.N, "kind": kind, "partition": g.Partition, "begun": stamped(g.Begun)}
	}
	return map[string]any{
		"id": p.ID, "name": p.Name, "version": p.Version, "begun": stamped(p.Begun), "kms": kms,
		"contents": append([]keys.ID{}, p.Contents...), "open": w.allOpen(p),
	}
}

// allOpen reports whether this session can use all that is opened with a profile.
func (w *walletCall) allOpen(p *profileView) bool {
	return !slices.ContainsFunc(p.served(), func(id keys.ID) bool {
		epochs := p.parts[id]
		return !w.isOpen(&epochs[len(epochs)-1])
	})
}

func listProfiles(ctx context.Context, w *walletCall) (int, any, error) {
	list, err := w.Contents.Profiles(ctx, w.in)
	if err != nil {
		return 0, nil, err
	}
	parts, err := w.parts(ctx)
	if err != nil {
		return 0, nil, err
	}
	out := make([]map[string]any, len(list))
	for i := range list {
		out[i] = w.shownProfile(&profileView{&list[i], parts})
	}
	return http.StatusOK, map[string]any{"profiles": out}, nil
}

func getProfile(ctx context.Context, w *walletCall) (int, any, error) {
	p, err := w.profile(ctx)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, w.shownProfile(p), nil
}

func createProfile(ctx context.Context, w *walletCall) (int, any, error) {
	r, err := w.body()
	if err != nil {
		return 0, nil, err
	}
	parts, err := w.parts(ctx)
	if err != nil {
		return 0, nil, err
	}
	p := &profileView{&contents.Profile{ID: keys.NewID(), Version: 1, Begun: w.now}, parts}
	name := r.text("name")
	if err := w.settings(p, r, true); err != nil {
		return 0, nil, err
	}
	if p.Name, err = session.Canonical(name); err != nil {
		return 0, nil, err
	}
	w.changes = []contents.Change{{PutProfile: p.Profile}}
	return http.StatusCreated, w.shownProfile(p), nil
}

func changeProfile(ctx context.Context, w *walletCall) (int, any, error) {
	p, err := w.profile(ctx)
	if err != nil {
		return 0, nil, err
	}
	r, err := w.body()
	if err != nil {
		return 0, nil, err
	}
	version := r.count("version")
	if err := w.settings(p, r, false); err != nil {
		return 0, nil, err
	}
	if version != p.Version+1 {
		return 0, nil, contents.ErrVersion
	}
	p.Version = version
	w.changes = []contents.Change{{PutProfile: p.Profile}}
	return http.StatusOK, w.shownProfile(p), nil
}

// settings reads what a profile is to be: another KMS comes beside those before.
func (w *walletCall) settings(p *profileView, r *memberReader, first bool) error {
	kms, given := r.object["kms"].(map[string]any)
	r.known["kms"] = true
	if _, there := r.object["kms"]; there != given || first && !given {
		r.fault("kms", "must be an object of kind and partition")
	}
	into, changed := r.ids("contents", contents.MaxParts)
	if err := r.err(); err != nil {
		return err
	}
	if changed {
		p.Contents = into
		if slices.ContainsFunc(into, func(id keys.ID) bool { return p.mode(id) == "" }) {
			return contents.ErrPartition
		}
	}
	if !given {
		return nil
	}
	return w.nextKMS(p, kms)
}

// nextKMS adds the KMS that makes a profile's keys from now on.
func (w *walletCall) nextKMS(p *profileView, object map[string]any) error {
	kind, _ := object["kind"].(string)
	if kind == kmsRemote {
		return contents.ErrRemote
	}
	r := &memberReader{object: object, known: map[string]bool{"kind": true}}
	id := r.id("partition")
	if err := r.err(); err != nil {
		return err
	}
	mode := p.mode(id)
	switch {
	case mode == "":
		return contents.ErrPartition
	case kind == kmsLocal && mode != contents.Served, kind == kmsCustodial && mode != contents.Custodial, kind != kmsLocal && kind != kmsCustodial:
		return contents.ErrOptions
	case len(p.KMS) >= contents.MaxGenerations:
		return contents.ErrFull
	}
	n := uint64(1)
	for _, g := range p.KMS {
		if g.Partition == id {
			return contents.ErrOptions // its keys would be of two
		}
		n = max(n, g.N+1)
	}
	p.KMS = append(p.KMS, contents.Generation{N: n, Partition: id, Begun: w.now})
	return nil
}

// ids is an optional list of ids.
func (m *memberReader) ids(name string, most int) (out []keys.ID, given bool) {
	m.known[name] = true
	v, given := m.object[name]
	list, ok := v.([]any)
	if given && (!ok || len(list) > most) {
		m.fault(name, "must be a list of at most %d", most)
		return nil, given
	}
	for i, each := range list {
		text, _ := each.(string)
		id, err := readID("", text)
		if err != nil {
			m.fault(name+"/"+strconv.Itoa(i), "must be 16 bytes in base64url without padding")
		}
		out = append(out, id)
	}
	return out, given
}

// openProfile opens all that is served of a profile, for this session.
func openProfile(ctx context.Context, w *walletCall) (int, any, error) {
	p, err := w.profile(ctx)
	if err != nil {
		return 0, nil, err
	}
	r, err := w.body()
	if err != nil {
		return 0, nil, err
	}
	given := r.partitions()
	if err := r.err(); err != nil {
		return 0, nil, err
	}
	if w.allOpen(p) {
		return 0, nil, contents.ErrUnlocked
	}
	served := p.served()
	if len(given) != len(served) {
		return 0, nil, contents.ErrPartition
	}
	opened := w.row.Opened
	for _, id := range served {
		these, err := w.unlock(p.parts[id], given[id])
		if errors.Is(err, contents.ErrUnlocked) {
			continue // this one was opened by itself
		}
		if err != nil {
			return 0, nil, err
		}
		opened = append(without(opened, id), these...)
	}
	return http.StatusOK, struct{}{}, w.keep(opened)
}

// partitions is the keys of some, by id.
func (m *memberReader) partitions() map[keys.ID][]channel.Opened {
	m.known["partitions"] = true
	list, ok := m.object["partitions"].([]any)
	if !ok || len(list) > contents.MaxPartitions {
		m.fault("partitions", "must be a list of at most %d", contents.MaxPartitions)
		return nil
	}
	out := map[keys.ID][]channel.Opened{}
	for i, each := range list {
		object, _ := each.(map[string]any)
		r := &memberReader{object: object, known: map[string]bool{}}
		id := r.id("id")
		out[id] = r.epochs()
		if err := r.err(); err != nil {
			m.fault("partitions/"+strconv.Itoa(i), "must have id, 16 bytes, and keys, as a partition is opened with")
		}
	}
	return out
}

// closeProfile closes it for this session, or for all that the account has.
func closeProfile(ctx context.Context, w *walletCall) (int, any, error) {
	p, err := w.profile(ctx)
	if err != nil {
		return 0, nil, err
	}
	return w.close(ctx, p.Partitions())
}

// removeProfile removes a profile and its keys, where it is said how many are lost.
func removeProfile(ctx context.Context, w *walletCall) (int, any, error) {
	p, err := w.profile(ctx)
	if err != nil {
		return 0, nil, err
	}
	if err := w.loses(ctx, p, p.KMS); err != nil {
		return 0, nil, err
	}
	w.changes = append(w.changes, contents.Change{RemoveProfile: &contents.ProfileRef{ID: p.ID, Version: p.Version}})
	return http.StatusOK, struct{}{}, nil
}

// removeKMS removes one of a profile's and its keys, where it is said how many are
// lost. Another makes keys before the newest is removed.
func removeKMS(ctx context.Context, w *walletCall) (int, any, error) {
	p, err := w.profile(ctx)
	if err != nil {
		return 0, nil, err
	}
	n := slices.IndexFunc(p.KMS, func(g contents.Generation) bool { return strconv.FormatUint(g.N, 10) == w.params["generation"] })
	switch {
	case n < 0:
		return 0, nil, contents.ErrGeneration
	case len(p.KMS) == 1:
		return 0, nil, contents.ErrLastKMS
	}
	if err := w.loses(ctx, p, p.KMS[n:n+1]); err != nil {
		return 0, nil, err
	}
	p.KMS, p.Version = slices.Delete(slices.Clone(p.KMS), n, n+1), p.Version+1
	w.changes = append(w.changes, contents.Change{PutProfile: p.Profile})
	return http.StatusOK, w.shownProfile(p), nil
}

// loses has the keys of some KMS removed: of the version that was read, and just as
// many as were said.
func (w *walletCall) loses(ctx context.Context, p *profileView, from []contents.Generation) error {
	version, err := w.number("version", 0, 1, 1<<62)
	if err != nil {
		return err
	}
	said, err := w.number("lose", 0, 0, 1<<30)
	if err != nil {
		return err
	}
	if uint64(version) != p.Version { //nolint:gosec // 1 or more
		return contents.ErrVersion
	}
	for _, g := range from {
		list, lost, err := w.keysOf(ctx, p, g.Partition)
		if err != nil {
			return err
		}
		said -= int64(len(list))
		w.changes = append(w.changes, contents.Change{RemoveKeys: lost})
	}
	if said != 0 {
		return contents.ErrLost
	}
	return nil
}
