package verifier

import (
	"cmp"
	"context"
	"errors"
	"strings"
	"time"

	"github.com/procura-dev/procura/verifier/proof"
	"github.com/procura-dev/procura/verifier/status"
	"github.com/procura-dev/procura/verifier/vc"
)

// A CredentialCheck says whether a credential is what its issuer signed, and in
// force now (W3C VCALM, "Verify Credential"). It grants nothing: who may issue
// what for whom is the framework's question, and answered by a challenge alone.
type CredentialCheck struct {
	Verified   bool               `json:"verified"`
	Credential any                `json:"credential,omitempty"` // as it came
	Problems   []CheckProblem     `json:"problemDetails,omitempty"`
	Results    *CredentialResults `json:"results,omitempty"`
}

// CredentialResults are the steps of a check.
type CredentialResults struct {
	ValidFrom  *Checked  `json:"validFrom,omitempty"`
	ValidUntil *Checked  `json:"validUntil,omitempty"`
	Schema     []Checked `json:"credentialSchema"`
	Status     []Checked `json:"credentialStatus"`
	Proof      []Checked `json:"proof"`
}

// A Checked is one step, with what it looked at; nil where nothing can be shown.
type Checked struct {
	Verified bool `json:"verified"`
	Input    any  `json:"input,omitempty"`
}

// CheckCredential checks one credential, a string (JWT) or an object. One that
// cannot be read, or lacks what every credential has, is a [*Malformed].
func (v *Verifier) CheckCredential(ctx context.Context, who Caller, tree any) (*CredentialCheck, error) {
	c := vc.ParseCredential(tree)
	if c.Problem == nil {
		c.Problem = shape(c)
	}
	if c.Problem != nil {
		return nil, &Malformed{Cause: c.Problem}
	}
	d := v.checker(who.Tenant)
	var out *CredentialCheck
	err := d.checked(ctx, c.Format, func(ctx context.Context) (code string, err error) {
		if out, err = v.checkCredential(ctx, d, c); err != nil {
			return "", err
		}
		out.Credential = tree
		return out.outcome(), nil
	})
	return out, err
}

// checker is for one request: what stands in one presentation is one party's,
// and takes no more than one document may.
func (v *Verifier) checker(tenant string) *decider {
	d := v.decider(tenant)
	d.proofs.Work = proof.NewWork()
	d.listsBy = time.Now().Add(statusBudget)
	return d
}

// checkCredential checks one that could be read.
func (v *Verifier) checkCredential(ctx context.Context, d *decider, c *vc.Credential) (*CredentialCheck, error) {
	if err := ctx.Err(); err != nil { // whoever asked has left
		return nil, err
	}
	k := &checking{CredentialCheck: CredentialCheck{Results: &CredentialResults{Schema: []Checked{}, Status: []Checked{}}}}
	_, err := d.proofs.General(ctx, c, d.library.termsOf(c.Doc))
	held, err := k.refused(err)
	if err != nil {
		return nil, err
	}
	k.Results.Proof = proofsOf(c.Doc, held)
	k.dates(c.Doc, d.now)
	if k.Results.Status, err = k.statuses(ctx, d, c, held); err != nil {
		return nil, err
	}
	k.Results.Schema = k.unread(c.Doc, "credentialSchema", "schema.unknown", "no schema that a credential names is fetched")
	k.Verified = len(k.Problems) == 0
	return &k.CredentialCheck, nil
}

// termsOf are those of the framework that a proxy credential names; zero where
// it names none that is published here.
func (l *Library) termsOf(doc map[string]any) proof.Terms {
	t, err := vc.TypeOf(doc)
	if err != nil || t.Name == "" {
		return proof.Terms{}
	}
	if r := l.Named(t.Name, t.Version); r != nil && r.HasVariant(t.Variant) {
		return r.terms(t.Variant)
	}
	return proof.Terms{}
}

// checking is a check under way.
type checking struct{ CredentialCheck }

// refused notes a refusal, and returns an error that is none. It reports
// whether there was neither.
func (k *checking) refused(err error) (held bool, fault error) {
	if err == nil {
		return true, nil
	}
	r, ok := errors.AsType[*vc.Refusal](err)
	if !ok {
		return false, err
	}
	k.Problems = append(k.Problems, checkProblem(r))
	return false, nil
}

// dates holds every date by which a credential begins or ends, of either model.
func (k *checking) dates(doc map[string]any, now time.Time) {
	for _, name := range []string{"validFrom", "issuanceDate"} {
		if c := k.date(doc, name, func(at time.Time) bool { return !at.After(now.Add(time.Minute)) }, "credential.not_yet_valid"); c != nil {
			k.Results.ValidFrom = c
		}
	}
	for _, name := range []string{"validUntil", "expirationDate"} {
		if c := k.date(doc, name, now.Before, "credential.expired"); c != nil {
			k.Results.ValidUntil = c
		}
	}
}

func (k *checking) date(doc map[string]any, name string, holds func(time.Time) bool, code string) *Checked {
	v, ok := doc[name]
	if !ok {
		return nil
	}
	text, _ := v.(string)
	at, ok := vc.Instant(text)
	switch {
	case !ok:
		k.Problems = append(k.Problems, checkProblem(&vc.Refusal{Code: vc.CredentialMalformed, Message: name + " is no date-time with a zone", Path: "/" + name}))
	case !holds(at):
		ok = false
		k.Problems = append(k.Problems, checkProblem(&vc.Refusal{Code: code, Message: "the credential is not in force at this time", Path: "/" + name}))
	}
	return &Checked{Verified: ok, Input: v}
}

// unread notes entries of a member that is not understood: what could limit a
// credential, and cannot be read, does not pass.
func (k *checking) unread(doc map[string]any, name, code, why string) []Checked {
	out := []Checked{}
	v, ok := doc[name]
	if !ok {
		return out
	}
	list, isList := v.([]any)
	if !isList {
		list = []any{v}
	}
	for _, entry := range list {
		out = append(out, Checked{Input: entry})
	}
	k.Problems = append(k.Problems, checkProblem(&vc.Refusal{Code: code, Message: why, Path: "/" + name}))
	return out
}

// proofsOf is the result for each proof that stands in a document; of a JWT,
// for the one around it.
func proofsOf(doc map[string]any, held bool) []Checked {
	v, ok := doc["proof"]
	if !ok {
		return []Checked{{Verified: held}}
	}
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	var out []Checked
	for _, p := range list {
		out = append(out, Checked{Verified: held, Input: p})
	}
	return out
}

// A CheckProblem is one thing that was found wrong (RFC 9457, of the types that
// the W3C specifications define). Code is of the table of reasons.
type CheckProblem struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Detail string `json:"detail"`
	Code   string `json:"code"`
	Path   string `json:"path,omitempty"` // JSON Pointer into the document
}

// The problem types of VCDM 2.0 ("Problem Details"), VC Data Integrity 1.0
// ("Processing Errors") and Bitstring Status List 1.0 ("Processing Errors").
const (
	problemsVC     = "https://www.w3.org/TR/vc-data-model#"
	problemsProof  = "https://w3id.org/security#"
	problemsStatus = "https://www.w3.org/ns/credentials/status-list#"
)

// statusErrors are the names of those that have one of their own.
var statusErrors = map[string]string{
	status.Unreachable: "STATUS_RETRIEVAL_ERROR", status.Short: "STATUS_LIST_LENGTH_ERROR",
}

func checkProblem(r *vc.Refusal) CheckProblem {
	base, title := problemsVC, "CRYPTOGRAPHIC_SECURITY_ERROR"
	area, _, _ := strings.Cut(r.Code, ".")
	switch {
	case r.Code == vc.CredentialMalformed, r.Code == vc.PresentationMalformed:
		title = "MALFORMED_VALUE_ERROR"
	case r.Code == "credential.expired", r.Code == "credential.not_yet_valid", r.Code == "proof.expired", r.Code == status.Range:
		title = "RANGE_ERROR"
	case area == "nonce":
		base, title = problemsProof, "INVALID_CHALLENGE_ERROR"
	case area == "domain":
		base, title = problemsProof, "INVALID_DOMAIN_ERROR"
	case area == "did":
		base, title = problemsProof, "INVALID_VERIFICATION_METHOD"
	case area == "proof":
		base, title = problemsProof, "PROOF_VERIFICATION_ERROR"
	case area == "status", area == "clock":
		base, title = problemsStatus, cmp.Or(statusErrors[r.Code], "STATUS_VERIFICATION_ERROR")
	}
	return CheckProblem{Type: base + title, Title: title, Detail: r.Message, Code: r.Code, Path: r.Path}
}
