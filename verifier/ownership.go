package verifier

import (
	"context"
	"slices"

	"github.com/procura-dev/procura/verifier/chain"
	"github.com/procura-dev/procura/verifier/vc"
)

// titles proves and reads the credentials by which the issuer of n owns what n is
// about (semantics 3.3). They come first: where none of the framework's
// ownershipIssuers issued them, n is not verified.
func (l *lineage) titles(ctx context.Context, n *chain.Node) ([]supporting, error) {
	var out []supporting
	for _, t := range n.Ownership {
		s, err := l.supported(ctx, t, l.release, l.prove)
		if err == nil && t.Digest != "" && t.Digest != s.fact.Digest {
			err = &vc.Refusal{Code: chain.Missing, Message: "the credential of that id has another digest than the one referred to"}
		}
		if err != nil {
			return nil, below(t, err)
		}
		out = append(out, s)
	}
	return out, nil
}

// entitle puts them beside k. Each is about k's issuer, who signed it with k, or a
// presentation of it over k. That it serves, and of what it speaks, the policy asks.
func (l *lineage) entitle(ctx context.Context, k *link, titles []supporting) error {
	for i, t := range k.node.Ownership {
		s, p := titles[i], l.last()
		giver, key, expires := k.issued.Issuer, k.issued.Key, s.expires
		if t.Presentation != nil {
			got, err := l.agreed(ctx, k, t.Presentation)
			if err != nil {
				return below(t, err)
			}
			giver, key, expires = got.Holder, got.Key, got.ExpiresAt
		}
		if err := s.givenBy(giver, key); err != nil {
			return below(t, err)
		}
		if s.fact.Subject != k.issued.Issuer || giver != k.issued.Issuer {
			return below(t, &vc.Refusal{Code: unlinked, Message: "the issuer is not who owns what this credential speaks of"})
		}
		s.fact.ProvedUntil = earlier(s.expires, expires)
		names, err := l.identifying(ctx, k.named.Variant)
		if err != nil {
			return err
		}
		if t.Digest != "" {
			p.referred = append(p.referred, s.fact.Path)
		}
		p.titles, k.owned = append(p.titles, s), append(k.owned, s.about(slices.Values(names)))
	}
	return nil
}

// identifying are the attributes by which the variant or the request tells who or
// what is acted for.
func (l *lineage) identifying(ctx context.Context, variant string) (names []string, err error) {
	f, err := l.framework(ctx, l.release)
	if err != nil {
		return nil, err
	}
	for _, v := range f.Document.Variants {
		if v.Name == variant {
			names = slices.Concat(v.Identification...)
		}
	}
	for name := range l.request.Proxied.Attributes {
		names = append(names, name)
	}
	return names, nil
}

// either lists those whom one of two lists.
func either(a, b lister) lister {
	return func(ctx context.Context, id string) (bool, error) {
		if ok, err := a(ctx, id); ok || err != nil {
			return ok, err
		}
		return b(ctx, id)
	}
}
