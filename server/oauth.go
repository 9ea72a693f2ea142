package server

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/lestrrat-go/jwx/v3/jwa"
	"github.com/lestrrat-go/jwx/v3/jwk"
	"github.com/lestrrat-go/jwx/v3/jws"

	"github.com/procura-dev/procura/verifier/vc"
)

// An Issuer is an OAuth 2.0 authorization server whose access tokens (RFC 9068)
// the operator lets in, and what its tokens say about a caller. Where a claim
// is named, it must be there.
type Issuer struct {
	Issuer   string // iss, compared byte for byte
	Audience string // one that aud must have
	Keys     *Keys  // that sign its tokens

	Tenant, TenantClaim string // one of the two
	Role, RoleClaim     string // one of the two
	Domains             []string
	DomainsClaim        string // instead of Domains: a string or a list of them
	ClientClaim         string // who calls; empty: client_id
}

// Issuers are all that are let in. Its methods are safe for concurrent use.
type Issuers []*Issuer

// algorithms are those that access tokens may be signed with: asymmetric ones.
// The key says which of them; RFC 9068, section 2.1, demands RS256.
var algorithms = []string{"EdDSA", "Ed25519", "ES256", "ES384", "PS256", "RS256"}

// tokenSkew forgives a clock of an issuer that is ahead.
const tokenSkew = time.Minute

// client returns the caller that an access token speaks of, and the SHA-256 of
// the certificate that it is bound to, if it is. What is wrong with a token is
// an [ErrUnknownClient], whose text quotes nothing of it.
func (l Issuers) client(ctx context.Context, token Token, now time.Time) (*Client, *[sha256.Size]byte, error) {
	header, claims, err := parts(token)
	if err != nil {
		return nil, nil, err
	}
	i := slices.IndexFunc(l, func(i *Issuer) bool { return i.Issuer == claims["iss"] })
	if i < 0 {
		return nil, nil, refused("of an issuer that is not let in")
	}
	if err := l[i].verify(ctx, token, header, now); err != nil {
		return nil, nil, err
	}
	if err := l[i].timely(claims, now); err != nil {
		return nil, nil, err
	}
	bound, err := confirmation(claims)
	if err != nil {
		return nil, nil, err
	}
	client, err := l[i].caller(claims)
	return client, bound, err
}

// refusedToken is why an access token was refused, in words of ours alone: the
// operator finds it in the log, the caller is told of nobody.
type refusedToken struct{ why string }

func (e *refusedToken) Error() string { return e.why }
func (e *refusedToken) Unwrap() error { return ErrUnknownClient }

func refused(why string) error { return &refusedToken{"an access token " + why} }

// parts reads a JWT strictly: a member that stands twice is refused.
func parts(token Token) (header, claims map[string]any, err error) {
	var list [2]map[string]any
	for i, part := range strings.Split(string(token), ".")[:2] {
		raw, ok := vc.DecodeBase64(part)
		if !ok {
			return nil, nil, refused("that cannot be read")
		}
		tree, err := vc.ParseJSON(raw)
		if list[i], ok = tree.(map[string]any); err != nil || !ok {
			return nil, nil, refused("that cannot be read")
		}
	}
	return list[0], list[1], nil
}

// verify checks the header (RFC 9068, section 4; RFC 8725) and the signature.
func (i *Issuer) verify(ctx context.Context, token Token, header map[string]any, now time.Time) error {
	for name := range header {
		if !slices.Contains([]string{"typ", "alg", "kid", "cty"}, name) {
			return refused("with a header that is not understood")
		}
	}
	typ, _ := header["typ"].(string)
	if !slices.Contains([]string{"at+jwt", "application/at+jwt"}, strings.ToLower(typ)) {
		return refused("of another type than at+jwt")
	}
	alg, _ := header["alg"].(string)
	kid, _ := header["kid"].(string)
	if !slices.Contains(algorithms, alg) || kid == "" {
		return refused("with an algorithm that is not let in, or without a kid")
	}
	key, err := i.Keys.find(ctx, kid, now)
	if err != nil {
		return err
	}
	if key == nil || !usable(key, alg) {
		return refused("of a key that is not its issuer's, or not for this")
	}
	algorithm, _ := jwa.LookupSignatureAlgorithm(alg)
	if _, err := jws.Verify([]byte(token), jws.WithKey(algorithm, key)); err != nil {
		return refused("whose signature does not hold")
	}
	return nil
}

// usable reports whether a key is one to verify with, by this algorithm.
func usable(key jwk.Key, alg string) bool {
	if use, ok := key.KeyUsage(); ok && use != "sig" {
		return false
	}
	if own, ok := key.Algorithm(); ok && own.String() != alg {
		return false
	}
	private, err := jwk.IsPrivateKey(key)
	if err != nil || private {
		return false
	}
	switch key.KeyType().String() {
	case "OKP":
		return alg == "EdDSA" || alg == "Ed25519"
	case "EC":
		return strings.HasPrefix(alg, "ES")
	case "RSA":
		return alg == "RS256" || alg == "PS256"
	}
	return false
}

// timely checks audience and times: exp and iat must be there.
func (i *Issuer) timely(claims map[string]any, now time.Time) error {
	audiences, ok := texts(claims["aud"])
	if !ok || !slices.Contains(audiences, i.Audience) {
		return refused("for another audience")
	}
	expires, ok := instant(claims["exp"])
	if !ok || !now.Before(expires) {
		return refused("that has expired, or never does")
	}
	issued, ok := instant(claims["iat"])
	if !ok || issued.After(now.Add(tokenSkew)) {
		return refused("of the future, or that does not say when it was issued")
	}
	if v, has := claims["nbf"]; has {
		if begins, ok := instant(v); !ok || begins.After(now.Add(tokenSkew)) {
			return refused("that is not in force yet")
		}
	}
	return nil
}

// instant is a NumericDate (RFC 7519).
func instant(v any) (time.Time, bool) {
	f, ok := v.(float64)
	if !ok || f < 0 || f > 1<<38 {
		return time.Time{}, false
	}
	whole, part := math.Modf(f)
	return time.Unix(int64(whole), int64(part*1e9)), true
}

// texts is a string, or a list of them that is not empty.
func texts(v any) ([]string, bool) {
	if s, ok := v.(string); ok {
		return []string{s}, s != ""
	}
	list, ok := v.([]any)
	out := make([]string, len(list))
	for i, item := range list {
		s, isText := item.(string)
		if out[i] = s; !isText || s == "" {
			return nil, false
		}
	}
	return out, ok && len(out) > 0
}

// confirmation is the certificate that a token is bound to (RFC 8705, section
// 3.1). Any other way to confirm it is not understood.
func confirmation(claims map[string]any) (*[sha256.Size]byte, error) {
	v, ok := claims["cnf"]
	if !ok {
		return nil, nil
	}
	m, _ := v.(map[string]any)
	text, _ := m["x5t#S256"].(string)
	raw, ok := vc.DecodeBase64(text)
	if !ok || len(raw) != sha256.Size || len(m) != 1 {
		return nil, refused("that is confirmed in a way that is not understood")
	}
	return (*[sha256.Size]byte)(raw), nil
}

// caller makes the client that the claims speak of. It stands in no store: its
// id is a digest of who it is to its issuer.
func (i *Issuer) caller(claims map[string]any) (*Client, error) {
	name := i.ClientClaim
	if name == "" {
		name = "client_id"
	}
	id, _ := claims[name].(string)
	tenant, role := i.Tenant, i.Role
	if i.TenantClaim != "" {
		tenant, _ = claims[i.TenantClaim].(string)
	}
	if i.RoleClaim != "" {
		roles, _ := texts(claims[i.RoleClaim])
		role = strings.Join(roles, " ") // several are none that there is
	}
	domains := i.Domains
	if i.DomainsClaim != "" {
		domains, _ = texts(claims[i.DomainsClaim])
	}
	if id == "" || CheckTenant(tenant) != nil || !Role(role).Valid() {
		return nil, refused("that names no client, tenant or role that there is")
	}
	sum := sha256.Sum256([]byte("oauth\x00" + i.Issuer + "\x00" + tenant + "\x00" + id))
	return &Client{ID: hex.EncodeToString(sum[:16]), Tenant: tenant, Name: id, Role: Role(role), Domains: domains}, nil
}
