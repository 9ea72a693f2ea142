package client

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/procura-dev/procura/wallet/contents"
	"github.com/procura-dev/procura/wallet/keys"
)

// A Profile is as whom an account acts: where its keys and contents are.
type Profile struct {
	ID       keys.ID
	Name     string
	Version  uint64
	Begun    time.Time
	KMS      []KMS // the last makes keys, all sign
	Contents []keys.ID
	Open     bool // in this session: nothing that is served is closed

	session *Session
}

// A KMS is where keys of a profile are.
type KMS struct {
	Generation uint64
	Kind       string // local or custodial
	Partition  keys.ID
	Begun      time.Time
}

// A Key is the public half of a profile's.
type Key struct {
	KID        string         // RFC 7638 thumbprint: what it is called in this wallet
	Type       string         // Ed25519, P-256, P-384 or secp256k1
	JWK        map[string]any // public
	DID        string         // did:key
	Method     string         // its verification method
	Generation uint64         // of the KMS that has it; 0: not said
}

// kmsOf is how a KMS is asked for.
func kmsOf(p *Partition) map[string]any {
	kind := "local"
	if p.Mode == contents.Custodial {
		kind = "custodial"
	}
	return map[string]any{"kind": kind, "partition": p.ID()}
}

// CreateProfile makes one whose keys are in a partition: local in a served one,
// custodial in a custodial one. Others are opened with it.
func (s *Session) CreateProfile(ctx context.Context, name string, kms *Partition, into ...*Partition) (*Profile, error) {
	body := map[string]any{"name": name, "kms": kmsOf(kms)}
	if len(into) > 0 {
		body["contents"] = idsOf(into)
	}
	return s.profile(ctx, http.MethodPost, "profiles", body)
}

func idsOf(list []*Partition) []keys.ID {
	out := []keys.ID{}
	for _, p := range list {
		out = append(out, p.ID())
	}
	return out
}

func (s *Session) profile(ctx context.Context, method, path string, body any) (*Profile, error) {
	p := &Profile{session: s}
	return p, s.Do(ctx, method, path, body, p)
}

// Profile is one by its name.
func (s *Session) Profile(ctx context.Context, name string) (*Profile, error) {
	return s.profile(ctx, http.MethodGet, "profiles/"+url.PathEscape(name), nil)
}

// Profiles are all of the account, by name.
func (s *Session) Profiles(ctx context.Context) ([]*Profile, error) {
	var got struct{ Profiles []*Profile }
	err := s.Do(ctx, http.MethodGet, "profiles", nil, &got)
	for _, p := range got.Profiles {
		p.session = s
	}
	return got.Profiles, err
}

func (p *Profile) at(what string) string { return "profiles/" + url.PathEscape(p.Name) + what }

// SetKMS has the profile make its keys elsewhere from now on. Those that it has sign on
// where they are, and its contents stay.
func (p *Profile) SetKMS(ctx context.Context, kms *Partition) error {
	return p.change(ctx, map[string]any{"kms": kmsOf(kms)})
}

// SetContents says which partitions are opened with the profile.
func (p *Profile) SetContents(ctx context.Context, into ...*Partition) error {
	return p.change(ctx, map[string]any{"contents": idsOf(into)})
}

func (p *Profile) change(ctx context.Context, body map[string]any) error {
	body["version"] = p.Version + 1
	return p.replaced(ctx, http.MethodPut, p.at(""), body)
}

// replaced reads the profile as it is then.
func (p *Profile) replaced(ctx context.Context, method, path string, body any) error {
	next, err := p.session.profile(ctx, method, path, body)
	if err == nil {
		*p = *next
	}
	return err
}

// RemoveKMS removes a KMS and its keys: just so many as lose says, as [Profile.Keys]
// lists them. What they signed stays signed; they sign nothing more.
func (p *Profile) RemoveKMS(ctx context.Context, password string, generation uint64, lose int) error {
	next := &Profile{session: p.session}
	err := p.session.DoAgain(ctx, password, http.MethodDelete, p.at(fmt.Sprintf("/kms/%d?%s", generation, p.losing(lose))), nil, next)
	if err == nil {
		*p = *next
	}
	return err
}

// Remove removes the profile and its keys: just so many as lose says.
func (p *Profile) Remove(ctx context.Context, password string, lose int) error {
	return p.session.DoAgain(ctx, password, http.MethodDelete, p.at("?"+p.losing(lose)), nil, nil)
}

func (p *Profile) losing(lose int) string { return fmt.Sprintf("version=%d&lose=%d", p.Version, lose) }

// Unlock gives the server the keys of all that is served of the profile, until
// [Profile.Lock] or the session's end. One that this session has open is
// "already-unlocked".
func (p *Profile) Unlock(ctx context.Context, all []*Partition) error {
	wanted := map[keys.ID]bool{}
	for _, k := range p.KMS {
		wanted[k.Partition] = true
	}
	for _, id := range p.Contents {
		wanted[id] = true
	}
	given := []map[string]any{}
	for _, each := range all {
		if wanted[each.ID()] && each.Mode == contents.Served {
			given = append(given, map[string]any{"id": each.ID(), "keys": each.given()})
		}
	}
	err := p.session.Do(ctx, http.MethodPost, p.at("/open"), map[string]any{"partitions": given}, nil)
	p.Open = p.Open || err == nil
	return err
}

// Lock has the server forget them, in this session. They may be forgotten already.
func (p *Profile) Lock(ctx context.Context) error {
	return p.locked(p.session.Do(ctx, http.MethodPost, p.at("/close"), nil, nil))
}

// LockAll does so in every session of the account.
func (p *Profile) LockAll(ctx context.Context, password string) error {
	return p.locked(p.session.DoAgain(ctx, password, http.MethodPost, p.at("/close?all=true"), nil, nil))
}

func (p *Profile) locked(err error) error {
	p.Open = p.Open && err != nil
	return err
}

// CreateKeyPair makes a key of a type in the newest KMS.
func (p *Profile) CreateKeyPair(ctx context.Context, kind string) (*Key, error) {
	k := &Key{}
	return k, p.session.Do(ctx, http.MethodPost, p.at("/keys"), map[string]any{"type": kind}, k)
}

// Keys are those of one KMS; generation 0: of all.
func (p *Profile) Keys(ctx context.Context, generation uint64) ([]*Key, error) {
	var got struct{ Keys []*Key }
	err := p.session.Do(ctx, http.MethodGet, p.at(fmt.Sprintf("/keys?generation=%d", generation)), nil, &got)
	return got.Keys, err
}

// SignJWT signs claims with a key. typ may be empty.
func (p *Profile) SignJWT(ctx context.Context, kid, typ string, claims map[string]any) (string, error) {
	body := map[string]any{"key": kid, "claims": claims}
	if typ != "" {
		body["typ"] = typ
	}
	var got struct{ JWT string }
	err := p.session.Do(ctx, http.MethodPost, p.at("/jwts"), body, &got)
	return got.JWT, err
}

// A JWTCheck says whether a JWT is signed by the key that it names.
type JWTCheck struct {
	Verified       bool
	Header, Claims map[string]any // as they came, also where nobody signed them
	Signer         string         // the DID that signed
	Code, Message  string         // why it is not verified
}

// VerifyJWT has the server check one.
func (s *Session) VerifyJWT(ctx context.Context, token string) (*JWTCheck, error) {
	c := &JWTCheck{}
	return c, s.Do(ctx, http.MethodPost, "verify-jwt", map[string]any{"jwt": token}, c)
}
