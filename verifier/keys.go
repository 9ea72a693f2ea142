package verifier

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/procura-dev/procura/policies/facts"
	"github.com/procura-dev/procura/trustframeworks"
	"github.com/procura-dev/procura/verifier/did"
	"github.com/procura-dev/procura/verifier/proof"
	"github.com/procura-dev/procura/verifier/vc"
)

// A lister reports whether a DID is one that may be fetched (semantics 3.4,
// the end). It is asked when a proof names a did:web at a host that the
// operator does not allow.
type lister = func(ctx context.Context, id string) (bool, error)

// nobody lists holders: theirs is fetched where the operator allows the host.
var nobody lister

// provesBy checks proofs of what belongs to the releases given, by parties that
// a lister knows.
func (d *decider) provesBy(listed lister, of []*Release) *proof.Verifier {
	own := *d.proofs
	own.Contexts = d.library.contextsOf(of)
	own.DIDs = d.proofs.DIDs.Under(did.Terms{Listed: listed, MaxAge: func(ctx context.Context) (time.Duration, error) {
		return d.didMaxAge(ctx, of)
	}})
	return &own
}

// named are the releases that a presentation's credentials name. Nothing of it
// is proved.
func (d *decider) named(p *vc.Presentation) (out []*Release) {
	for _, c := range p.Credentials {
		if c.Problem != nil {
			continue
		}
		if _, r, _, err := d.recognise(c.Type()); err == nil && !slices.Contains(out, r) {
			out = append(out, r)
		}
	}
	return out
}

// issuers lists those that may issue under a variant, by DID or by a registry.
// A delegator is whom the holder names: nobody lists it.
func (d *decider) issuers(r *Release, variant string) lister {
	return func(ctx context.Context, id string) (bool, error) {
		f, err := d.framework(ctx, r)
		if err != nil {
			return false, err
		}
		return d.lists(ctx, id, f.Document.Issuers, concerns(variant))
	}
}

// concerns reports authorities of a variant.
func concerns(variant string) func(trustframeworks.Authority) bool {
	return func(a trustframeworks.Authority) bool {
		return len(a.Variants) == 0 || slices.Contains(a.Variants, variant)
	}
}

// mayIssue reports those whose credentials of a variant the policy could accept:
// those that are listed, and where a delegator may issue, whoever that is, which
// only what they signed says.
func (d *decider) mayIssue(r *Release, variant string) lister {
	return func(ctx context.Context, id string) (bool, error) {
		f, err := d.framework(ctx, r)
		if err != nil {
			return false, err
		}
		counts := concerns(variant)
		if slices.ContainsFunc(f.Document.Issuers, func(a trustframeworks.Authority) bool { return a.By == "delegator" && counts(a) }) {
			return true, nil
		}
		return d.lists(ctx, id, f.Document.Issuers, counts)
	}
}

// ListsIssuer reports whether a framework lists a DID, by itself or by a registry, as
// who may issue credentials of a type, an absolute IRI, under the version that is in
// force. Of what is no type, or of no framework here, it lists nobody.
func (v *Verifier) ListsIssuer(ctx context.Context, tenant, typeIRI, id string) (bool, error) {
	uri, _, _ := strings.Cut(typeIRI, "#")
	t, refused := vc.TypeOf(map[string]any{"type": typeIRI, "trustFrameworkURI": uri})
	if refused != nil || t.Name == "" {
		return false, nil //nolint:nilerr // what is no type has no issuers
	}
	d := v.decider(tenant)
	written := d.library.Named(t.Name, t.Version)
	r := d.library.effective(written, d.now)
	if written == nil || written.URI != uri || r == nil || !r.HasVariant(t.Variant) {
		return false, nil
	}
	f, err := d.framework(ctx, r)
	if err != nil {
		return false, err
	}
	return d.lists(ctx, id, f.Document.Issuers, concerns(t.Variant))
}

// attesters lists those that may attest under one of the releases.
func (d *decider) attesters(of []*Release) lister {
	return d.anyOf(of, func(doc *trustframeworks.Document) []trustframeworks.Authority { return doc.Attesters })
}

// anyOf lists those whom the authorities of one of the releases name.
func (d *decider) anyOf(of []*Release, authorities func(*trustframeworks.Document) []trustframeworks.Authority) lister {
	return func(ctx context.Context, id string) (bool, error) {
		for _, r := range of {
			f, err := d.framework(ctx, r)
			if err != nil {
				return false, err
			}
			all := func(trustframeworks.Authority) bool { return true }
			if ok, err := d.lists(ctx, id, authorities(f.Document), all); ok || err != nil {
				return ok, err
			}
		}
		return false, nil
	}
}

// lists reports whether one of the authorities that count is this DID, or a
// registry that holds it.
func (d *decider) lists(ctx context.Context, id string, all []trustframeworks.Authority, counts func(trustframeworks.Authority) bool) (bool, error) {
	var registries []string
	for _, a := range all {
		switch {
		case !counts(a):
		case a.By == "did" && a.DID == id:
			return true, nil
		case a.By == "registry":
			registries = append(registries, a.Registry)
		}
	}
	if len(registries) == 0 {
		return false, nil
	}
	holding, err := d.registered(ctx, []string{id})
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(holding[id], func(name string) bool { return slices.Contains(registries, name) }), nil
}

// didMaxAge is how old a DID document may be: of the releases given, and of the
// permissions asked for, the strictest.
func (d *decider) didMaxAge(ctx context.Context, of []*Release) (time.Duration, error) {
	limit, age := didAge, did.DefaultMaxAge
	if d.offline != nil {
		limit, age = offlineAge, 0
	}
	otherwise := age
	for i, r := range of {
		f, err := d.framework(ctx, r)
		if err != nil {
			return 0, err
		}
		own, err := d.strictest(f.Document.Freshness, limit, otherwise)
		if err != nil {
			return 0, err
		}
		if i == 0 || own < age {
			age = own
		}
	}
	return age, nil
}

func didAge(a trustframeworks.Ages) trustframeworks.Duration { return a.DIDMaxAge }

func offlineAge(a trustframeworks.Ages) trustframeworks.Duration { return a.OfflineMaxAge }

// strictest is an age that one framework limits, for the permissions asked for. What a
// permission says of its own stands in the place of the default; where neither says,
// otherwise.
func (d *decider) strictest(f trustframeworks.Freshness, of func(trustframeworks.Ages) trustframeworks.Duration, otherwise time.Duration) (time.Duration, error) {
	own := map[string]trustframeworks.Duration{}
	for name, a := range f.Permissions {
		own[facts.Name(name)] = of(a)
	}
	var shortest time.Duration
	for i, permission := range d.request.Permissions {
		text := cmp.Or(own[facts.Name(permission)], of(f.Default))
		age := otherwise
		if text != "" {
			var err error
			if age, err = text.Length(); err != nil {
				return 0, err
			}
		}
		if i == 0 || age < shortest {
			shortest = age
		}
	}
	return shortest, nil
}
