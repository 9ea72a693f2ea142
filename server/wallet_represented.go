package server

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/procura-dev/procura/policies/facts"
	"github.com/procura-dev/procura/verifier"
	"github.com/procura-dev/procura/wallet/contents"
	"github.com/procura-dev/procura/wallet/keys"
)

func listRepresented(ctx context.Context, w *walletCall) (int, any, error) {
	list, err := w.Contents.Represented(ctx, w.in)
	if err != nil {
		return 0, nil, err
	}
	out := make([]map[string]any, len(list))
	for i := range list {
		out[i] = shownRepresented(&list[i])
	}
	return http.StatusOK, map[string]any{"represented": out}, nil
}

func shownRepresented(r *contents.Represented) map[string]any {
	return map[string]any{
		"id": r.ID, "version": r.Version, "begun": stamped(r.Begun), "proxied": r.Proxied, "framework": r.Framework,
		"grants": r.Grants, "duties": append([]string{}, r.Duties...), "partitions": r.Partitions,
	}
}

// putRepresented says for whom partitions of the account are kept, and what their
// proxies may do there. Whoever acts for them must prove it anew.
func putRepresented(ctx context.Context, w *walletCall) (int, any, error) {
	id, err := w.id("represented")
	if err != nil {
		return 0, nil, err
	}
	m, err := w.body()
	if err != nil {
		return 0, nil, err
	}
	r := &contents.Represented{ID: id, Version: m.count("version"), Begun: w.now, Terms: m.terms()}
	if err := m.err(); err != nil {
		return 0, nil, err
	}
	parts, err := w.parts(ctx)
	if err != nil {
		return 0, nil, err
	}
	for _, id := range r.Partitions {
		switch mode := (&profileView{parts: parts}).mode(id); mode {
		case "":
			return 0, nil, contents.ErrPartition
		case contents.Custodial:
		default:
			return 0, nil, errProxySealed // nobody else could ever open it
		}
	}
	w.changes = append(w.changes, contents.Change{PutRepresented: r})
	return http.StatusOK, shownRepresented(r), nil
}

// terms reads what is said of one who is represented. Whom, by whose rules and which
// permissions is read as a challenge's question is.
func (m *memberReader) terms() (t contents.Terms) {
	t.Grants = m.grants()
	t.Duties = m.duties()
	t.Partitions, _ = m.ids("partitions", contents.MaxParts)
	if len(t.Partitions) == 0 {
		m.fault("partitions", "must name one partition or more: of nothing else is anything permitted")
	}
	question := map[string]any{"permissions": asList(slices.Sorted(maps.Keys(t.Grants)))}
	q, fault := m.question(question)
	if fault != nil || len(t.Grants) == 0 {
		return t
	}
	t.Proxied, t.Framework = q.Request.Proxied, q.Request.Framework
	return t
}

// question reads whom a question is about, and by whose rules it is decided, into
// what it has already.
func (m *memberReader) question(tree map[string]any) (*verifier.Question, error) {
	for _, name := range []string{"proxied", "framework"} {
		m.known[name] = true
		if v, given := m.object[name]; given {
			tree[name] = v
		}
	}
	q, err := verifier.ReadQuestion(tree, false)
	if invalid, ok := errors.AsType[*verifier.Invalid](err); ok {
		m.faults = append(m.faults, invalid.Faults...)
	}
	return q, err
}

// grants reads which permission of a framework lets a proxy do what.
func (m *memberReader) grants() map[string][]string {
	m.known["grants"] = true
	object, ok := m.object["grants"].(map[string]any)
	if !ok || len(object) == 0 {
		m.fault("grants", "must be an object of permissions, each with a list of actions")
		return nil
	}
	out := map[string][]string{}
	for permission, v := range object {
		list, ok := v.([]any)
		for _, each := range list {
			name, _ := each.(string)
			if ok = ok && proxiable[name] && !slices.Contains(out[permission], name); ok {
				out[permission] = append(out[permission], name)
			}
		}
		if !ok || len(list) == 0 {
			m.fault("grants", "must give each permission a list of different actions, of those that a proxy can have: %s", strings.Join(slices.Sorted(maps.Keys(proxiable)), ", "))
			return nil
		}
	}
	return out
}

// duties are those that are done elsewhere, by what a framework calls them.
func (m *memberReader) duties() (out []string) {
	m.known["duties"] = true
	v, given := m.object["duties"]
	list, ok := v.([]any)
	ok = ok && len(list) <= contents.MaxDuties
	for _, each := range list {
		text, _ := each.(string)
		ok = ok && text != "" && len(text) <= maxKeyName && !slices.Contains(out, text)
		out = append(out, text)
	}
	if given && !ok {
		m.fault("duties", "must be a list of at most %d different names", contents.MaxDuties)
	}
	return out
}

func asList(texts []string) (out []any) {
	for _, t := range texts {
		out = append(out, t)
	}
	return out
}

func removeRepresented(_ context.Context, w *walletCall) (int, any, error) {
	id, err := w.id("represented")
	if err != nil {
		return 0, nil, err
	}
	version, err := w.number("version", 0, 1, 1<<62)
	if err != nil {
		return 0, nil, err
	}
	w.changes = append(w.changes, contents.Change{RemoveRepresented: &contents.RepresentedRef{ID: id, Version: uint64(version)}}) //nolint:gosec // 1 or more
	return http.StatusOK, struct{}{}, nil
}

// covers reports whether a question about somebody is one about whom is represented:
// all by which that one is known is asked for alike.
func covers(asked, known facts.ProxiedRequest) bool {
	if known.ID != "" && known.ID != asked.ID {
		return false
	}
	for name, value := range known.Attributes {
		if had, given := asked.Attributes[name]; !given || had != value {
			return false
		}
	}
	return known.ID != "" || len(known.Attributes) > 0
}

// supported are the duties of a permit that are done: the audit has what is done
// here, and others the owner has done.
func supported(duties []string) []string { return append([]string{"audit"}, duties...) }

// holdsPart reports whether a partition is one of those that are kept for somebody.
func holdsPart(t *contents.Terms, id keys.ID) bool { return slices.Contains(t.Partitions, id) }
