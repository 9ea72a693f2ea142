package verifier

import (
	"context"
	"errors"
	"time"

	"github.com/procura-dev/procura/verifier/proof"
	"github.com/procura-dev/procura/verifier/vc"
)

// A JWTCheck says whose key signed a JWT that is no credential, if one did. It
// grants nothing.
type JWTCheck struct {
	Verified bool           `json:"verified"`
	Header   map[string]any `json:"header"`
	Claims   map[string]any `json:"claims"` // as they came, also where nobody signed them
	Signer   string         `json:"signer,omitempty"`
	Code     string         `json:"code,omitempty"` // of reasons: why it is not verified
	Message  string         `json:"message,omitempty"`
}

// CheckJWT checks the signature and dates of a JWT by the key that its kid names.
// One that cannot be read is a [*Malformed].
func (v *Verifier) CheckJWT(ctx context.Context, raw string) (*JWTCheck, error) {
	j, err := vc.ParseJWT(raw)
	if err != nil {
		return nil, &Malformed{Cause: err}
	}
	now := v.cfg.Now()
	out := &JWTCheck{Header: j.Header, Claims: j.Payload}
	key, err := (&proof.Verifier{DIDs: v.cfg.DIDs.Begin(), Now: func() time.Time { return now }}).JWT(ctx, j)
	if r, ok := errors.AsType[*vc.Refusal](err); ok {
		out.Code, out.Message = r.Code, r.Message
		return out, nil
	}
	if err != nil {
		return nil, err
	}
	out.Verified, out.Signer = true, key.Controller
	return out, nil
}
