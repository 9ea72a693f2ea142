package verifier

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"slices"
	"time"

	"github.com/procura-dev/procura/verifier/proof"
	"github.com/procura-dev/procura/verifier/vc"
)

// A PresentationCheck says whether a presentation is what its holder signed
// over a challenge and for a domain, and each credential in it what its issuer
// signed (W3C VCALM, "Verify Presentation"). It grants nothing.
type PresentationCheck struct {
	Verified     bool                 `json:"verified"`
	Presentation any                  `json:"verifiablePresentation,omitempty"` // as it came
	Problems     []CheckProblem       `json:"problemDetails,omitempty"`
	Results      *PresentationResults `json:"results,omitempty"`
	Signer       string               `json:"-"` // the DID whose proof held; empty: none did
}

// PresentationResults are the steps of a check. The credentials of a
// presentation whose own proof fails are not looked at.
type PresentationResults struct {
	Presentation PresentationSteps  `json:"presentation"`
	Credentials  []*CredentialCheck `json:"credentials"`
}

// PresentationSteps are those of the presentation itself.
type PresentationSteps struct {
	Challenge Checked   `json:"challenge"`
	Domain    Checked   `json:"domain"`
	Holder    *Checked  `json:"holder,omitempty"`
	Proof     []Checked `json:"proof"`
}

// Against is what a presentation must be over.
type Against struct {
	Challenge string // the caller's own, or one of [Verifier.NewCheckChallenge]
	Domain    string // registered for the caller; empty: its only one
}

// The challenges of a check: 16 random bytes, when they expire, and whose they
// are. They live as long as a challenge may without saying otherwise. Their use
// is remembered for longer: a request that began before the expiry may count
// after it, and must not find that a sweep forgot the first.
const (
	checkPurpose = "challenge of a check"
	checkSize    = 16 + 8 + 16
	checkLife    = defaultLife * time.Second
	checkGrace   = time.Minute
)

// NewCheckChallenge makes a challenge for one presentation to
// [Verifier.CheckPresentation], by the same client. Every other door refuses it.
func (v *Verifier) NewCheckChallenge(who Caller) string {
	b := make([]byte, checkSize)
	rand.Read(b[:16]) // never fails (crypto/rand)
	binary.BigEndian.PutUint64(b[16:], uint64(v.cfg.Now().Add(checkLife).Unix()))
	copy(b[24:], v.checkOwner(who, b[:24]))
	return v.marked(checkPurpose, b)
}

func (v *Verifier) checkOwner(who Caller, b []byte) []byte {
	d := v.digest("owner of a challenge of a check", []byte(who.Tenant), []byte(who.Client), b)
	return d[:16]
}

// CheckPresentation checks one presentation. One that cannot be read is a
// [*Malformed], a domain that is not the caller's an [*Invalid].
func (v *Verifier) CheckPresentation(ctx context.Context, who Caller, tree any, a Against) (*PresentationCheck, error) {
	r := &reader{}
	domain := r.domain(who, a.Domain)
	s, err := submitted(tree)
	if err != nil {
		r.fault("/verifiablePresentation", "%v", err)
	}
	if err := r.err(); err != nil {
		return nil, err
	}
	if s.MediaType == MediaSDJWT {
		return nil, &Malformed{Cause: &vc.Refusal{Code: vc.PresentationMalformed, Message: "an SD-JWT VC is no document of the W3C data model"}}
	}
	p, err := vc.ParsePresentation(s.Raw, s.MediaType)
	if err != nil {
		return nil, &Malformed{Cause: err}
	}
	d := v.checker(who.Tenant)
	var out *PresentationCheck
	err = d.checked(ctx, p.Format, func(ctx context.Context) (code string, err error) {
		out, err = v.checkPresentation(ctx, d, who, p, proof.Expect{Nonce: a.Challenge, Domain: domain, Now: d.now})
		if err != nil {
			return "", err
		}
		out.Presentation = tree
		return out.outcome(), nil
	})
	return out, err
}

// checkPresentation checks one that could be read.
func (v *Verifier) checkPresentation(ctx context.Context, d *decider, who Caller, p *vc.Presentation, e proof.Expect) (*PresentationCheck, error) {
	k := &checking{}
	steps, signer, err := k.presentation(ctx, v, d, who, p, e)
	if err != nil {
		return nil, err
	}
	out := &PresentationCheck{Signer: signer, Problems: k.Problems, Results: &PresentationResults{Presentation: steps, Credentials: []*CredentialCheck{}}}
	out.Verified = len(k.Problems) == 0
	if !out.Verified {
		return out, nil
	}
	return out, v.checkAll(ctx, d, p, out)
}

// presentation checks the presentation itself, and returns who signed it.
func (k *checking) presentation(ctx context.Context, v *Verifier, d *decider, who Caller, p *vc.Presentation, e proof.Expect) (PresentationSteps, string, error) {
	var by proof.Presented
	steps := PresentationSteps{Challenge: Checked{Input: e.Nonce}, Domain: Checked{Input: e.Domain}}
	err := v.mayAnswer(who, e.Nonce, d.now)
	if err == nil {
		by, err = d.proofs.Presentation(ctx, p, e)
	}
	if err == nil {
		err = v.useChallenge(ctx, who, e.Nonce)
	}
	held, err := k.refused(err)
	steps.Proof = proofsOf(p.Doc, held)
	steps.Challenge.Verified, steps.Domain.Verified = held, held
	if p.Holder != "" {
		steps.Holder = &Checked{Verified: held, Input: p.Holder}
	}
	if !held {
		by.Holder = ""
	}
	return steps, by.Holder, err
}

// UseOnce reports whether a caller's nonce of its own is used for something for
// the first time; it is remembered until an instant.
func (v *Verifier) UseOnce(ctx context.Context, who Caller, what, nonce string, until time.Time) (bool, error) {
	uses, err := v.cfg.Store.UseNonce(ctx, who.Tenant, v.digest("use for "+what, []byte(who.Client), []byte(nonce)), until)
	return uses == 1, err
}

// mayAnswer says which challenges a presentation here may be over: the caller's
// own, and ours for checks by the same client while they last; never a nonce
// that was issued for another door (semantics 8.1).
func (v *Verifier) mayAnswer(who Caller, challenge string, now time.Time) error {
	if !v.ours(challenge) {
		return nil
	}
	b := v.unmark(checkPurpose, challenge, checkSize)
	switch {
	case b == nil:
		return &vc.Refusal{Code: "nonce.mismatch", Message: "this nonce was issued for a challenge, and is good in no other place"}
	case !slices.Equal(v.checkOwner(who, b[:24]), b[24:]):
		return &vc.Refusal{Code: "nonce.mismatch", Message: "this challenge is not one of this client"}
	case !now.Before(expiry(b)):
		return &vc.Refusal{Code: "nonce.mismatch", Message: "this challenge has expired"}
	}
	return nil
}

func expiry(b []byte) time.Time { return time.Unix(int64(binary.BigEndian.Uint64(b[16:24])), 0) }

// useChallenge counts a presentation whose proof held against its challenge,
// if it is ours ("track the number of times the challenge has been passed"):
// it is good once. One whose proof fails uses nothing up.
func (v *Verifier) useChallenge(ctx context.Context, who Caller, challenge string) error {
	b := v.unmark(checkPurpose, challenge, checkSize)
	if b == nil {
		return nil
	}
	uses, err := v.cfg.Store.UseNonce(ctx, who.Tenant, v.digest("use of a challenge of a check", b), expiry(b).Add(checkGrace))
	if err != nil {
		return err
	}
	if uses > 1 {
		return &vc.Refusal{Code: "nonce.replayed", Message: "this challenge was used before"}
	}
	return nil
}

// checkAll checks every credential of a presentation whose proof holds.
func (v *Verifier) checkAll(ctx context.Context, d *decider, p *vc.Presentation, out *PresentationCheck) error {
	for _, c := range p.Credentials {
		one := &CredentialCheck{Results: &CredentialResults{Schema: []Checked{}, Status: []Checked{}, Proof: []Checked{}}}
		if c.Problem != nil {
			one.Problems = []CheckProblem{checkProblem(c.Problem)}
		} else {
			var err error
			if one, err = v.checkCredential(ctx, d, c); err != nil {
				return err
			}
			one.Credential = c.Doc
		}
		out.Verified = out.Verified && one.Verified
		out.Results.Credentials = append(out.Results.Credentials, one)
	}
	return nil
}
