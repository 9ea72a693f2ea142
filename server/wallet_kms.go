package server

import (
	"context"
	"errors"
	"net/http"

	"github.com/procura-dev/procura/verifier"
	"github.com/procura-dev/procura/verifier/proof"
	"github.com/procura-dev/procura/verifier/vc"
	"github.com/procura-dev/procura/wallet/contents"
	"github.com/procura-dev/procura/wallet/keys"
	"github.com/procura-dev/procura/wallet/kms"
)

// Bounds of what is signed and verified.
const (
	maxClaims = 256 << 10 // bytes of a request that has them
	maxKID    = 128
)

// ring are the keys of a profile that this session can use: those of the newest
// KMS first. sealed: there are others that it cannot.
func (w *walletCall) ring(ctx context.Context, p *profileView) (r *kms.Keyring, sealed bool, err error) {
	r = &kms.Keyring{Profile: p.ID, Find: func(partition, id keys.ID) (*contents.Item, error) {
		return w.Contents.Item(ctx, w.in, partition, id)
	}}
	for i := len(p.KMS) - 1; i >= 0; i-- {
		part, err := w.serve(ctx, p.parts[p.KMS[i].Partition])
		switch {
		case errors.Is(err, contents.ErrSealed):
			sealed = true
		case err != nil:
			return nil, false, err
		default:
			r.Parts = append(r.Parts, part)
		}
	}
	return r, sealed, nil
}

// signingKey is a key of a profile. One that is in no partition that is open may be
// in one that is not.
func (w *walletCall) signingKey(ctx context.Context, p *profileView, kid string) (*proof.Key, error) {
	r, sealed, err := w.ring(ctx, p)
	if err != nil {
		return nil, err
	}
	key, err := r.Key(kid)
	if errors.Is(err, kms.ErrUnknown) && sealed {
		return nil, contents.ErrSealed
	}
	return key, err
}

// createKeyPair makes a key in a profile's newest KMS.
func createKeyPair(ctx context.Context, w *walletCall) (int, any, error) {
	p, err := w.profile(ctx)
	if err != nil {
		return 0, nil, err
	}
	r, err := w.body()
	if err != nil {
		return 0, nil, err
	}
	kind := r.text("type")
	if err := r.err(); err != nil {
		return 0, nil, err
	}
	part, err := w.serve(ctx, p.parts[p.Newest().Partition])
	if err != nil {
		return 0, nil, err
	}
	ring := &kms.Keyring{Profile: p.ID, Parts: []kms.Part{part}}
	item, public, err := ring.Create(kind)
	if err != nil {
		return 0, nil, err
	}
	w.changes = []contents.Change{{PutKey: &contents.NewKey{
		Profile: contents.ProfileRef{ID: p.ID, Version: p.Version}, Item: item, Tags: ring.Tags(part), Most: kms.MaxKeys,
	}}}
	return http.StatusCreated, public, nil
}

// listKeys says which keys a profile has in one KMS, or in all.
func listKeys(ctx context.Context, w *walletCall) (int, any, error) {
	p, err := w.profile(ctx)
	if err != nil {
		return 0, nil, err
	}
	only, err := w.number("generation", 0, 0, 1<<53)
	if err != nil {
		return 0, nil, err
	}
	out := []map[string]any{}
	found := only == 0
	for _, g := range p.KMS {
		if only != 0 && g.N != uint64(only) { //nolint:gosec // 0 or more
			continue
		}
		found = true
		list, _, err := w.keysOf(ctx, p, g.Partition)
		if err != nil {
			return 0, nil, err
		}
		for _, k := range list {
			out = append(out, map[string]any{"generation": g.N, "kid": k.KID, "type": k.Type, "jwk": k.JWK, "did": k.DID, "method": k.Method})
		}
	}
	if !found {
		return 0, nil, contents.ErrGeneration
	}
	return http.StatusOK, map[string]any{"keys": out}, nil
}

// keysOf are a profile's keys in a partition, and what it takes to remove them.
func (w *walletCall) keysOf(ctx context.Context, p *profileView, id keys.ID) ([]*kms.Public, *contents.Lost, error) {
	part, err := w.serve(ctx, p.parts[id])
	if err != nil {
		return nil, nil, err
	}
	ring := &kms.Keyring{Profile: p.ID, Parts: []kms.Part{part}}
	lost := &contents.Lost{Partition: id, Tags: ring.Tags(part)}
	out := []*kms.Public{}
	for i := range lost.Tags {
		q := contents.Query{Partition: id, Kind: contents.KindKey, Tag: &lost.Tags[i], Most: contents.MaxPage}
		for {
			list, err := w.Contents.Items(ctx, w.in, q)
			if err != nil {
				return nil, nil, err
			}
			for n := range list {
				k, err := ring.Describe(part, &list[n])
				if err != nil {
					return nil, nil, err
				}
				out, q.After = append(out, k), list[n].ID
			}
			if len(list) < q.Most {
				break
			}
		}
	}
	lost.Count = len(out)
	return out, lost, nil
}

// signJWT signs claims with a key of a profile.
func signJWT(ctx context.Context, w *walletCall) (int, any, error) {
	p, err := w.profile(ctx)
	if err != nil {
		return 0, nil, err
	}
	if len(w.request.Body) > maxClaims {
		return 0, nil, errTooLarge
	}
	r, err := w.parsed(vc.ParseExactJSON) // what is signed is what was asked for
	if err != nil {
		return 0, nil, err
	}
	kid, typ, cty := r.text("key"), r.optional("typ"), r.optional("cty")
	claims, ok := r.object["claims"].(map[string]any)
	if r.known["claims"] = true; !ok {
		r.fault("claims", "must be an object")
	}
	if len(kid) > maxKID || len(typ) > maxKID || len(cty) > maxKID {
		r.fault("", "key, typ and cty have at most %d bytes", maxKID)
	}
	if err := r.err(); err != nil {
		return 0, nil, err
	}
	key, err := w.signingKey(ctx, p, kid)
	if err != nil {
		return 0, nil, err
	}
	token, err := (&proof.Signer{Key: key, At: w.now}).JWT(typ, cty, claims)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, map[string]any{"jwt": token}, nil
}

// verifyJWT says whether a JWT is signed by the key that it names. It takes no
// partition.
func verifyJWT(ctx context.Context, w *walletCall) (int, any, error) {
	if len(w.request.Body) > maxClaims {
		return 0, nil, errTooLarge
	}
	r, err := w.body()
	if err != nil {
		return 0, nil, err
	}
	token := r.text("jwt")
	if err := r.err(); err != nil {
		return 0, nil, err
	}
	check, err := w.verifier.CheckJWT(ctx, token)
	if malformed, ok := errors.AsType[*verifier.Malformed](err); ok {
		return 0, nil, faulty("jwt", "%v", malformed.Cause)
	}
	return http.StatusOK, check, err
}
