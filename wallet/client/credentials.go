package client

import (
	"context"
	"net/http"

	"github.com/procura-dev/procura/wallet/query"
)

// What the server does with credentials in partitions that it serves. For sealed
// ones [Wallet], [Present], [Issue] and [Verify] do it here.

// An Answered is what a profile's wallet has for a verifier's request.
type Answered struct {
	Answers []query.Answer
	Unread  []string // names of credentials that no verifier could read
}

// Query has the server hold a verifier's request, as JSON has it, against the
// credentials of the profile's partitions, or against those named alone: by
// <partition>/<item>, as answers call them.
func (p *Profile) Query(ctx context.Context, request any, only ...string) (*Answered, error) {
	body := map[string]any{"request": request}
	if len(only) > 0 {
		body["credentials"] = only
	}
	out := &Answered{}
	return out, p.session.Do(ctx, http.MethodPost, p.at("/query"), body, out)
}

// Issue has a key of the profile sign a credential: request is VCALM's, an object
// with credential and options. It is a string or an object.
func (p *Profile) Issue(ctx context.Context, kid string, request any) (any, error) {
	return p.signed(ctx, "/credentials", kid, request)
}

// Prove has a key of the profile sign a presentation: request is VCALM's, an object
// with presentation and options, of which challenge and domain are required.
func (p *Profile) Prove(ctx context.Context, kid string, request any) (any, error) {
	return p.signed(ctx, "/presentations", kid, request)
}

func (p *Profile) signed(ctx context.Context, path, kid string, request any) (any, error) {
	var got struct{ VerifiableCredential, VerifiablePresentation any }
	err := p.session.Do(ctx, http.MethodPost, p.at(path), map[string]any{"key": kid, "request": request}, &got)
	if got.VerifiablePresentation != nil {
		return got.VerifiablePresentation, err
	}
	return got.VerifiableCredential, err
}

// A Check says whether a credential or presentation is what was signed, and in force.
type Check struct {
	Verified bool
	Problems []struct{ Type, Title, Detail string } `json:"problemDetails"`
}

// VerifyCredential has the server check a credential.
func (s *Session) VerifyCredential(ctx context.Context, credential any) (*Check, error) {
	return s.check(ctx, map[string]any{"verifiableCredential": credential})
}

// VerifyPresentation has the server check a presentation over a challenge and for a
// domain.
func (s *Session) VerifyPresentation(ctx context.Context, presentation any, challenge, domain string) (*Check, error) {
	return s.check(ctx, map[string]any{"verifiablePresentation": presentation, "challenge": challenge, "domain": domain})
}

func (s *Session) check(ctx context.Context, body any) (*Check, error) {
	out := &Check{}
	return out, s.Do(ctx, http.MethodPost, "verify", body, out)
}

// Derive has the server leave of an SD-JWT VC what pointers name (JSON Pointer): of
// one in a partition that it serves, by <partition>/<item>.
func (s *Session) Derive(ctx context.Context, name string, pointers ...string) (string, error) {
	var got struct{ VerifiableCredential string }
	body := map[string]any{"credential": name, "options": map[string]any{"selectivePointers": append([]string{}, pointers...)}}
	err := s.Do(ctx, http.MethodPost, "derive", body, &got)
	return got.VerifiableCredential, err
}

// ResolveManifest has the server resolve a credential manifest: request is that of
// [query.ResolveManifest].
func (s *Session) ResolveManifest(ctx context.Context, request any) ([]query.Resolved, error) {
	var got struct{ Resolved []query.Resolved }
	err := s.Do(ctx, http.MethodPost, "resolve-manifest", request, &got)
	return got.Resolved, err
}
