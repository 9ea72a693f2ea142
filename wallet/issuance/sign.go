package issuance

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/procura-dev/procura/verifier/did"
	"github.com/procura-dev/procura/verifier/proof"
	"github.com/procura-dev/procura/verifier/vc"
	"github.com/procura-dev/procura/wallet/lifecycle"
)

// signers are a profile's keys that sign now, the last made first.
func (i *Issuer) signers(p *Profile, keys []Key) ([]*proof.Signer, error) {
	var out []*proof.Signer
	for _, k := range keys {
		if !k.RetiredAt.IsZero() {
			continue
		}
		key, err := k.parse(p.DID)
		if err != nil {
			return nil, err
		}
		out = append(out, &proof.Signer{Key: key, Contexts: i.contexts(p.Tenant), At: i.Now().UTC().Truncate(time.Second)})
	}
	if len(out) == 0 {
		return nil, ErrNoKey
	}
	return out, nil
}

// parse reads a key, which signs as the profile's DID or not at all.
func (k *Key) parse(issuer string) (*proof.Key, error) {
	key, err := proof.ParseKey(k.Secret)
	if err != nil {
		return nil, fmt.Errorf("reading key %s: %w", k.Method, err)
	}
	if key.ID != k.Method {
		key = key.As(k.Method)
	}
	if key.DID() != issuer {
		return nil, fmt.Errorf("key %s is not of %s: %w", k.Method, issuer, ErrNoKey)
	}
	return key, nil
}

func (i *Issuer) contexts(tenant string) func(string) ([]byte, bool) {
	if i.Contexts == nil {
		return nil
	}
	return i.Contexts(tenant)
}

// sign signs with the first key that can in this format, and reads what it
// signed as a verifier would.
func (i *Issuer) sign(ctx context.Context, p *Profile, signers []*proof.Signer, format string, doc map[string]any) (any, error) {
	why := ErrNoKey
	for _, s := range signers {
		signed, err := s.Credential(ctx, doc, format)
		if err == nil {
			return signed, i.read(ctx, p, s, format, signed)
		}
		why = err
	}
	return nil, faulty("/credential", "cannot be signed in the format %s: %v", format, why)
}

// read refuses what nobody could verify: a member that no context defines is
// part of no statement, and a date can be one that no reader takes.
func (i *Issuer) read(ctx context.Context, p *Profile, s *proof.Signer, format string, signed any) error {
	if format == vc.FormatSDJWT {
		_, err := vc.ParseSDJWT(signed.(string))
		return i.refused(err)
	}
	resolver, err := knowing(s.Key, i.Now)
	if err != nil {
		return err
	}
	v := &proof.Verifier{DIDs: resolver, Contexts: i.contexts(p.Tenant), Now: i.Now}
	_, err = v.General(ctx, vc.ParseCredential(tree(signed)), proof.Terms{})
	return i.refused(err)
}

// refused tells a refusal as one of the request.
func (i *Issuer) refused(err error) error {
	if r, ok := errors.AsType[*vc.Refusal](err); ok {
		return faulty("/credential"+r.Path, "could not be verified once issued: %s (%s)", r.Message, r.Code)
	}
	return err
}

// tree is a signed document as it is read from its text: with numbers as JSON has them.
func tree(signed any) any {
	if _, ok := signed.(string); ok {
		return signed
	}
	raw, err := json.Marshal(signed)
	if err != nil {
		return signed
	}
	v, err := vc.ParseJSON(raw)
	if err != nil {
		return signed // and is refused for what is wrong with it
	}
	return v
}

// knowing resolves a key's own DID without a network.
func knowing(k *proof.Key, now func() time.Time) (*did.Resolver, error) {
	if !did.IsWeb(k.DID()) {
		return &did.Resolver{}, nil
	}
	raw, err := json.Marshal(Document(k))
	if err != nil {
		return nil, fmt.Errorf("writing a DID document: %w", err)
	}
	web, err := did.Packed(map[string][]byte{k.DID(): raw}, now(), now)
	return &did.Resolver{Web: web}, err
}

// Document is a DID document with the public halves of keys of one DID, which
// issue and present.
func Document(keys ...*proof.Key) map[string]any {
	var methods, names []any
	for _, k := range keys {
		methods = append(methods, map[string]any{"id": k.ID, "type": "JsonWebKey", "controller": k.DID(), "publicKeyJwk": k.Key.JWK()})
		names = append(names, k.ID)
	}
	return map[string]any{
		"@context": []any{"https://www.w3.org/ns/did/v1", "https://w3id.org/security/jwk/v1"}, "id": keys[0].DID(),
		"verificationMethod": methods, "assertionMethod": names, "authentication": names,
	}
}

// SignList signs a status list as its profile, for [lifecycle.Publisher]: as a
// JWT where a key has no cryptosuite over statements.
func (i *Issuer) SignList(ctx context.Context, l *lifecycle.List, doc map[string]any) (body []byte, media string, err error) {
	p, keys, err := i.Profiles.Keyring(ctx, l.Tenant, l.Profile, "")
	if err != nil {
		return nil, "", err
	}
	if p.Custody != Custodial {
		return nil, "", lifecycle.ErrAttended
	}
	signers, err := i.signers(p, keys)
	if err != nil {
		return nil, "", err
	}
	if l.Kind == lifecycle.Token {
		doc["iss"] = p.DID
		text, err := signers[0].StatusToken(doc)
		return []byte(text), "application/" + proof.StatusType, err
	}
	otherwise, kind := vc.FormatVCJOSE, "application/vc+jwt"
	if l.Kind == lifecycle.List2021 {
		otherwise, kind = proof.JsonWebSignature2020, "application/vc+ld+json"
	}
	signed, err := signers[0].Credential(ctx, doc, vc.FormatLD)
	media = "application/vc"
	if err != nil {
		signed, err = signers[0].Credential(ctx, doc, otherwise)
		media = kind
	}
	if text, ok := signed.(string); ok {
		return []byte(text), media, err
	}
	if err == nil {
		body, err = json.Marshal(signed)
	}
	return body, media, err
}
