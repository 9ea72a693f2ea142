package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/procura-dev/procura/trustframeworks"
	"github.com/procura-dev/procura/verifier"
	"github.com/procura-dev/procura/verifier/vc"
	"github.com/procura-dev/procura/wallet/contents"
	"github.com/procura-dev/procura/wallet/issuance"
	"github.com/procura-dev/procura/wallet/kms"
	"github.com/procura-dev/procura/wallet/lifecycle"
	"github.com/procura-dev/procura/wallet/query"
	"github.com/procura-dev/procura/wallet/session"
	"github.com/procura-dev/procura/wallet/session/channel"
)

// What can be wrong with a call before anybody else sees it.
var (
	errNoRoute      = errors.New("there is nothing here; /openapi.yaml says what is answered")
	errNoMethod     = errors.New("this method is not answered here")
	errNoToken      = errors.New("a bearer token or a certificate is required, and must be a client's")
	errDoor         = errors.New("this client's role does not open this door")
	errTooMany      = errors.New("too many calls")
	errWaits        = errors.New("too many calls of this client wait already")
	errMediaType    = errors.New("this media type is not read here")
	errNotAccepted  = errors.New("this cannot be had in a media type that is accepted")
	errSyntax       = errors.New("the body is not the JSON that is read here")
	errTooLarge     = errors.New("the body is too large")
	errTooSlow      = errors.New("the body did not arrive in time")
	errBroken       = errors.New("the body did not arrive as a whole")
	errRequest      = errors.New("the request is malformed")
	errCredential   = errors.New("the credential cannot be read")
	errInvalid      = errors.New("the request is not valid")
	errPresentation = errors.New("the presentation cannot be read")
	errNotReady     = errors.New("not ready")
	errUnknown      = errors.New("there is no such resource")
	errAccessMedia  = errors.New("the Content-Type must be application/json")
)

const mediaProblem = "application/problem+json"

// problemBase is what the stable types of our problems begin with.
const problemBase = "https://procura.dev/problems/"

// problems is what callers are told, by the sentinel that an error wraps. What
// is wrapped around it goes to the log. What stands here nowhere is a bare 500.
var problems = []struct {
	err    error
	status int
	kind   string // after problemBase
}{
	{verifier.ErrUnknownChallenge, http.StatusNotFound, "challenge-unknown"},
	{verifier.ErrUnknownPresentation, http.StatusNotFound, "presentation-unknown"},
	{verifier.ErrUnknownDecision, http.StatusNotFound, "decision-unknown"},
	{verifier.ErrChallengeClosed, http.StatusConflict, "challenge-closed"},
	{verifier.ErrRevision, http.StatusConflict, "challenge-changed"},
	{verifier.ErrUsesChanged, http.StatusConflict, "uses-changed"},
	{verifier.ErrNonceReplayed, http.StatusConflict, "nonce-replayed"},

	{session.ErrRegistration, http.StatusForbidden, "registration"},
	{session.ErrNameTaken, http.StatusConflict, "name-taken"},
	{session.ErrName, http.StatusUnprocessableEntity, "name"},
	{session.ErrTicket, http.StatusGone, "ticket"},
	{session.ErrTicketUsed, http.StatusConflict, "ticket-used"},
	{session.ErrRecordChanged, http.StatusConflict, "password-changed"},
	{session.ErrMessage, http.StatusUnprocessableEntity, "opaque-message"},
	{session.ErrStepUp, http.StatusForbidden, "step-up-required"},
	{session.ErrRecovery, http.StatusForbidden, "recovery"},
	{session.ErrLogin, http.StatusUnauthorized, "login"},
	{session.ErrAccount, http.StatusNotFound, "account-unknown"},
	{session.ErrSuspended, http.StatusForbidden, "account-suspended"},

	{contents.ErrSession, http.StatusUnauthorized, "session"},
	{channel.ErrHeader, http.StatusUnauthorized, "session"},
	{channel.ErrMessage, http.StatusBadRequest, "channel-message"},
	{channel.ErrReplayed, http.StatusConflict, "channel-replayed"},
	{channel.ErrAhead, http.StatusConflict, "channel-window"},
	{errWallet, http.StatusForbidden, "wallet-policy"},
	{contents.ErrPartition, http.StatusNotFound, "partition-unknown"},
	{contents.ErrItem, http.StatusNotFound, "item-unknown"},
	{contents.ErrExists, http.StatusConflict, "item-exists"},
	{contents.ErrTag, http.StatusConflict, "item-tag-exists"},
	{contents.ErrCollection, http.StatusNotFound, "collection-unknown"},
	{contents.ErrCollectionFull, http.StatusConflict, "collection-not-empty"},
	{contents.ErrVersion, http.StatusConflict, "version"},
	{contents.ErrEpoch, http.StatusConflict, "epoch-retired"},
	{contents.ErrKind, http.StatusUnprocessableEntity, "kind-unknown"},
	{contents.ErrMode, http.StatusConflict, "partition-mode"},
	{contents.ErrKey, http.StatusConflict, "partition-key"},
	{contents.ErrSealed, http.StatusConflict, "partition-sealed"},
	{contents.ErrUnlocked, http.StatusConflict, "already-unlocked"},
	{contents.ErrManyOpen, http.StatusConflict, "too-many-open"},
	{contents.ErrMoved, http.StatusConflict, "session-busy"},
	{contents.ErrProfile, http.StatusNotFound, "profile-unknown"},
	{contents.ErrProfileExists, http.StatusConflict, "profile-exists"},
	{contents.ErrOptions, http.StatusUnprocessableEntity, "profile-options"},
	{contents.ErrRemote, http.StatusUnprocessableEntity, "kms-remote"},
	{contents.ErrGeneration, http.StatusNotFound, "kms-unknown"},
	{contents.ErrLastKMS, http.StatusConflict, "kms-last"},
	{contents.ErrLost, http.StatusConflict, "keys-would-be-lost"},
	{kms.ErrType, http.StatusUnprocessableEntity, "key-type"},
	{kms.ErrUnknown, http.StatusNotFound, "key-unknown"},
	{kms.ErrOther, http.StatusConflict, "key-other"},
	{contents.ErrFull, http.StatusConflict, "wallet-full"},
	{contents.ErrLifted, http.StatusConflict, "delay-lifted"},
	{contents.ErrInspection, http.StatusNotFound, "inspection-unknown"},
	{contents.ErrAlone, http.StatusForbidden, "inspection-alone"},
	{contents.ErrUnapproved, http.StatusConflict, "inspection-unapproved"},
	{contents.ErrProxy, http.StatusForbidden, "proxy-none"},
	{errProxyAction, http.StatusForbidden, "proxy-action"},
	{errProxySealed, http.StatusForbidden, "proxy-sealed"},
	{errProxyDenied, http.StatusForbidden, "proxy-denied"},
	{errProxyOther, http.StatusForbidden, "proxy-other"},
	{query.ErrMalformed, http.StatusUnprocessableEntity, "query-malformed"},
	{query.ErrUnsupported, http.StatusUnprocessableEntity, "query-unsupported"},
	{query.ErrTooMuch, http.StatusUnprocessableEntity, "query-too-large"},
	{query.ErrCredential, http.StatusUnprocessableEntity, "credential-unreadable"},

	{ErrUnknownClient, http.StatusUnauthorized, "unauthorized"},
	{ErrClientExists, http.StatusConflict, "client-exists"},
	{ErrUnknownFramework, http.StatusNotFound, "framework-unknown"},
	{ErrFrameworkChanged, http.StatusConflict, "framework-changed"},
	{ErrFrameworkOwner, http.StatusForbidden, "framework-owner"},
	{ErrFrameworkURI, http.StatusConflict, "framework-uri"},
	{ErrUnknownPolicySet, http.StatusNotFound, "policy-set-unknown"},
	{ErrPolicySetChanged, http.StatusConflict, "policy-set-changed"},
	{ErrPolicySetOwner, http.StatusForbidden, "policy-set-owner"},
	{ErrPolicySetActive, http.StatusPreconditionFailed, "policy-set-active"},
	{ErrPolicySetSigned, http.StatusConflict, "policy-set-signature"},
	{ErrUnknownSearch, http.StatusBadRequest, "token"},
	{ErrVisibility, http.StatusConflict, "framework-visibility"},
	{ErrWithdrawn, http.StatusConflict, "framework-withdrawn"},

	{issuance.ErrUnknownProfile, http.StatusNotFound, "profile-unknown"},
	{issuance.ErrProfileExists, http.StatusConflict, "profile-exists"},
	{issuance.ErrNoKey, http.StatusConflict, "profile-without-key"},
	{lifecycle.ErrNoList, http.StatusNotFound, "status-list-unknown"},
	{lifecycle.ErrListOpen, http.StatusConflict, "status-list-open"},
	{lifecycle.ErrTaken, http.StatusConflict, "status-taken"},
	{lifecycle.ErrIssuedBefore, http.StatusConflict, "credential-issued"},
	{lifecycle.ErrUnknownIssued, http.StatusNotFound, "credential-unknown"},
	{lifecycle.ErrNoStatus, http.StatusConflict, "credential-without-status"},
	{lifecycle.ErrFinal, http.StatusConflict, "status-final"},
	{lifecycle.ErrAttended, http.StatusConflict, "issuer.kms_attended"},
	{lifecycle.ErrAddress, http.StatusConflict, "status-list-address"},
	{errRules, http.StatusForbidden, "rules"},
	{errAsking, http.StatusForbidden, "asking"},

	{errNoRoute, http.StatusNotFound, "not-found"},
	{errUnknown, http.StatusNotFound, "not-found"},
	{errNoMethod, http.StatusMethodNotAllowed, "method-not-allowed"},
	{errNoToken, http.StatusUnauthorized, "unauthorized"},
	{errDoor, http.StatusForbidden, "forbidden"},
	{errTooMany, http.StatusTooManyRequests, "too-many-requests"},
	{errWaits, http.StatusTooManyRequests, "too-many-waiting"},
	{errAccessMedia, http.StatusBadRequest, "unsupported-media-type"}, // before what it stands for
	{errMediaType, http.StatusUnsupportedMediaType, "unsupported-media-type"},
	{errNotAccepted, http.StatusNotAcceptable, "not-acceptable"},
	{errNoPrecondition, http.StatusPreconditionRequired, "precondition-required"},
	{errToken, http.StatusBadRequest, "token"},
	{errSearch, http.StatusBadRequest, "search-too-large"},
	{errSyntax, http.StatusBadRequest, "malformed"},
	{errTooLarge, http.StatusRequestEntityTooLarge, "too-large"},
	{errTooSlow, http.StatusRequestTimeout, "timeout"},
	{errBroken, http.StatusBadRequest, "malformed"},
	{errRequest, http.StatusBadRequest, "malformed"},
	{errInvalid, http.StatusUnprocessableEntity, "invalid"},
	{errCredential, http.StatusBadRequest, "credential-malformed"},
	{errPresentation, http.StatusBadRequest, "presentation-malformed"},
	{errNotReady, http.StatusServiceUnavailable, "not-ready"},
	{errMaking, http.StatusServiceUnavailable, "bundle-making"},
}

// A told error is one of the sentinels, with what its caller may know besides.
type told struct {
	error
	detail string
}

// Unwrap gives the sentinel.
func (e *told) Unwrap() error { return e.error }

func tell(err error, format string, args ...any) error {
	return &told{err, fmt.Sprintf(format, args...)}
}

// tooLarge is a body of more bytes than a door reads.
func tooLarge(most int64) error { return tell(errTooLarge, "at most %d bytes are read here", most) }

// A problem is an answer after RFC 9457.
type problem struct {
	Type      string           `json:"type"`
	Title     string           `json:"title"`
	Status    int              `json:"status"`
	Detail    string           `json:"detail,omitempty"`
	Code      string           `json:"code,omitempty"`   // of the table of reasons
	Path      string           `json:"path,omitempty"`   // JSON Pointer into the request
	Errors    []verifier.Fault `json:"errors,omitempty"` // each member that is wrong
	Findings  any              `json:"findings,omitempty"`
	RequestID string           `json:"requestId"`
}

// refuse writes the problem that err is, and leaves err for the log.
func (s *Server) refuse(c *gin.Context, err error) {
	_ = c.Error(err) // kept for the line in the log
	if c.Writer.Written() {
		return
	}
	p := describe(err)
	p.RequestID = c.GetString(keyRequestID)
	switch p.Status {
	case http.StatusUnauthorized:
		c.Header("WWW-Authenticate", `Bearer realm="procura"`)
	case http.StatusTooManyRequests:
		c.Header("Retry-After", retryAfter(err))
	case http.StatusServiceUnavailable:
		c.Header("Retry-After", "10")
	case http.StatusRequestEntityTooLarge, http.StatusRequestTimeout:
		c.Header("Connection", "close")
	}
	body, err := json.Marshal(p)
	if err != nil {
		_ = c.Error(err)
		c.Status(http.StatusInternalServerError)
		return
	}
	c.Header("Cache-Control", "no-store")
	c.Data(p.Status, mediaProblem, body)
}

func retryAfter(err error) string {
	if e, ok := errors.AsType[*tooMany](err); ok {
		return e.seconds()
	}
	return "1"
}

// describe turns an error into its problem.
func describe(err error) problem {
	for _, row := range problems {
		if errors.Is(err, row.err) {
			p := problem{Type: problemBase + row.kind, Title: row.err.Error(), Status: row.status}
			p.add(err)
			return p
		}
	}
	if invalid, ok := errors.AsType[*verifier.Invalid](err); ok {
		p := describe(errInvalid)
		p.Errors = invalid.Faults
		return p
	}
	if malformed, ok := errors.AsType[*verifier.Malformed](err); ok {
		return describeMalformed(malformed)
	}
	if errors.Is(err, context.Canceled) {
		return problem{Type: "about:blank", Title: "the caller went away", Status: 499}
	}
	return problem{Type: "about:blank", Title: http.StatusText(http.StatusInternalServerError), Status: http.StatusInternalServerError}
}

// add says more, where an error carries what its caller may know.
func (p *problem) add(err error) {
	if syntax, ok := errors.AsType[*vc.SyntaxError](err); ok {
		p.Detail = syntax.Error()
	}
	if told, ok := errors.AsType[*told](err); ok {
		p.Detail = told.detail
	}
	if expired, ok := errors.AsType[*verifier.Expired](err); ok {
		p.Detail = expired.Error()
	}
	if invalid, ok := errors.AsType[*verifier.Invalid](err); ok {
		p.Errors = invalid.Faults
	}
	if refused, ok := errors.AsType[*Findings](err); ok {
		p.Findings = refused.List
	}
	if fault, ok := errors.AsType[*query.Fault](err); ok {
		p.Path, p.Detail = fault.Path, fault.Why
	}
}

func describeMalformed(m *verifier.Malformed) problem {
	p := describe(errPresentation)
	p.Code = vc.PresentationMalformed
	if r, ok := errors.AsType[*vc.Refusal](m.Cause); ok && r.Code == vc.CredentialMalformed {
		p = describe(errCredential)
	}
	if r, ok := errors.AsType[*vc.Refusal](m.Cause); ok {
		p.Code, p.Detail, p.Path = r.Code, r.Message, r.Path
	}
	if syntax, ok := errors.AsType[*vc.SyntaxError](m.Cause); ok {
		p.Detail = syntax.Error()
	}
	return p
}

// Findings is a framework document that cannot be published.
type Findings struct {
	List []trustframeworks.Finding // an error at least, and advice
}

func (e *Findings) Error() string {
	var lines []string
	for _, f := range trustframeworks.Errors(e.List) {
		lines = append(lines, f.String())
	}
	return strings.Join(lines, "\n")
}

// Unwrap makes findings a request that is not valid.
func (e *Findings) Unwrap() error { return errInvalid }

// arrival says why a body could not be read.
func arrival(err error) error {
	if over, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return tooLarge(over.Limit)
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return errTooSlow
	}
	return errors.Join(errBroken, err)
}
