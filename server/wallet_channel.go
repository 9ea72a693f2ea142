package server

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/procura-dev/procura/policies/authz"
	"github.com/procura-dev/procura/verifier"
	"github.com/procura-dev/procura/verifier/vc"
	"github.com/procura-dev/procura/wallet/contents"
	"github.com/procura-dev/procura/wallet/keys"
	"github.com/procura-dev/procura/wallet/session"
	"github.com/procura-dev/procura/wallet/session/channel"
)

const mediaCBOR = "application/cbor"

// maxChannel bounds a message of the channel, in bytes.
const maxChannel = 4 << 20

// errWallet: the policy refuses what a session asks.
var errWallet = errors.New("the wallet's policy does not permit this")

// A Wallet is what stands behind the channel.
type Wallet struct {
	*session.Accounts
	Contents contents.Store
	kept     Wallets
	stand    *standings // permits of proxies, for a moment
}

// A walletCall is one request of a session, on its way.
type walletCall struct {
	*Wallet
	*resumed
	request  channel.Request
	params   map[string]string
	query    url.Values
	now      time.Time
	verifier *verifier.Verifier
	policies *PolicySets
	changes  []contents.Change  // what is to be done, all or none
	proved   *[sha256.Size]byte // the request, if the password was proved again for it
	in       keys.Account       // in which it is to be done
	acting   *acting            // nil: in the session's own
	decision string             // of a proxy, by which it is permitted
}

// A resumed session is one whose row its header opened.
type resumed struct {
	session       *session.Session
	row           channel.Row
	sid           channel.SID
	open, service keys.Key // what the row is sealed with
	served        []*keys.Partition
}

func (r *resumed) at() channel.At { return channel.At{Account: r.session.Account, SID: r.sid} }

// wipe forgets its keys.
func (r *resumed) wipe() {
	r.row.Wipe()
	r.open.Wipe()
	r.service.Wipe()
	for _, p := range r.served {
		p.Wipe()
	}
}

// speak answers one message of the channel: what was said inside is answered
// inside, and what is wrong with the message outside.
func (s *Server) speak(c *gin.Context) error {
	now := s.cfg.Now()
	back, err := s.reserve(c) // counted until it is known to be said by who has the keys
	if err != nil {
		return err
	}
	r, err := s.cfg.Wallets.resume(c.Request.Context(), c.Param("tenant"), c.GetHeader("Procura-Session"), now)
	if err != nil {
		return err
	}
	defer r.wipe()
	raw, _, err := readBody(c, mediaCBOR)
	if err != nil {
		return err
	}
	heard, err := r.row.Keys(r.sid).Hear(raw)
	if err != nil {
		return err
	}
	defer heard.Wipe()
	back()
	call := &walletCall{Wallet: s.cfg.Wallets, resumed: r, request: heard.Request, now: now, verifier: s.cfg.Verifier, policies: s.cfg.PolicySets}
	answer, err := call.answer(c.Request.Context(), heard.Seq)
	if err != nil {
		return err
	}
	c.Header("Cache-Control", "no-store")
	c.Data(http.StatusOK, mediaCBOR, heard.Answer(*answer))
	return nil
}

// resume finds a session by its header, and opens what is kept of it.
func (w *Wallet) resume(ctx context.Context, tenant, header string, now time.Time) (*resumed, error) {
	sid, open, err := channel.ParseHeader(header)
	if err != nil {
		return nil, contents.ErrSession
	}
	n, err := w.Store.FindSession(ctx, sha256.Sum256(sid[:]), now)
	if err != nil {
		return nil, err
	}
	service, ok := w.Server.Service(n.Generation)
	if !ok || n.Account.Tenant != tenant {
		return nil, contents.ErrSession
	}
	r := &resumed{session: n, sid: sid, open: open, service: service}
	if r.row, err = channel.OpenRow(r.at(), open, service, n.Row); err != nil {
		return nil, contents.ErrSession
	}
	return r, nil
}

// rowTries is how often a request begins anew because another of its session
// changed what is kept of it: each time one other was done.
const rowTries = 64

// answer does what is asked, in one transaction with the claim of the request's
// number and the entry of the audit. An error is answered outside the channel.
func (w *walletCall) answer(ctx context.Context, seq uint64) (a *channel.Answer, err error) {
	for range rowTries {
		if a, err = w.attempt(ctx, seq); !errors.Is(err, contents.ErrMoved) {
			return a, err
		}
		n, err := w.Store.FindSession(ctx, w.session.Digest, w.now)
		if err != nil {
			return nil, err
		}
		row, err := channel.OpenRow(w.at(), w.open, w.service, n.Row)
		if err != nil {
			return nil, err
		}
		w.session, w.row, w.changes = n, row, nil
	}
	return nil, err
}

func (w *walletCall) attempt(ctx context.Context, seq uint64) (*channel.Answer, error) {
	w.proved = nil
	operation, status, body, refused := w.run(ctx)
	if refused != nil && describe(refused).Status >= 500 {
		return nil, refused
	}
	act := &contents.Act{
		Session: w.session.Digest, Account: w.session.Account, Seq: seq, RequestID: w.request.RequestID, Action: operation,
		Now: w.now, Idle: w.now.Add(session.IdleTime), Refused: refused != nil, Changes: w.all(), Answer: body, Partition: w.partition(),
		Retried: refused != nil && !errors.Is(refused, errWallet) && w.request.Method != http.MethodGet,
	}
	act.Decision = w.decision
	if w.acting != nil {
		act.Acted = &contents.Acted{Proxy: w.acting.ID, In: w.in}
	}
	before, err := w.Contents.Perform(ctx, act)
	switch {
	case errors.Is(err, contents.ErrSession), errors.Is(err, channel.ErrReplayed), errors.Is(err, channel.ErrAhead), errors.Is(err, contents.ErrMoved):
		return nil, err
	case err != nil && describe(err).Status >= 500:
		return nil, err
	case err != nil:
		return w.problem(err), nil
	case before != nil:
		status, body = http.StatusOK, before
	case refused != nil:
		return w.problem(refused), nil
	}
	return &channel.Answer{Status: status, ContentType: mediaJSON, Body: body}, nil
}

// all is what is to be done. What the password was proved again for uses that up,
// whatever else its operation does.
func (w *walletCall) all() []contents.Change {
	if w.proved == nil {
		return w.changes
	}
	return append([]contents.Change{{Account: &contents.AccountChange{UseStepUp: w.proved}}}, w.changes...)
}

// run decides and prepares what is asked; nothing is changed yet.
func (w *walletCall) run(ctx context.Context) (action string, status int, body []byte, err error) {
	o, params := find(w.request.Method, w.request.Path)
	if o == nil {
		return "wallet.unknown", 0, nil, errNoRoute
	}
	w.params = params
	if w.query, err = url.ParseQuery(w.request.Query); err != nil {
		return o.action, 0, nil, faulty("query", "cannot be read")
	}
	if err := w.enter(ctx, o); err != nil {
		return o.action, 0, nil, err
	}
	if err := w.permitted(ctx, o); err != nil {
		return o.action, 0, nil, err
	}
	do := o.do
	if inClear := inTheClear[o.action]; inClear != nil && w.acting != nil {
		do = inClear
	}
	status, value, err := do(ctx, w)
	if err != nil {
		return o.action, 0, nil, err
	}
	body, err = json.Marshal(value)
	return o.action, status, body, err
}

// permitted asks the policy. A set can ask for the password again where none is
// needed otherwise; where it is needed, no set lets do without.
func (w *walletCall) permitted(ctx context.Context, o *operation) error {
	if w.acting != nil {
		return w.mayAct(ctx)
	}
	answer, err := w.ask(ctx, o, false)
	if err != nil {
		return err
	}
	if gives(answer, "wallet.step-up") || answer.Decision && strong[o.action] {
		if err := w.steppedUp(ctx); err != nil {
			return err
		}
		if answer, err = w.ask(ctx, o, true); err != nil {
			return err
		}
	}
	if !answer.Decision {
		return errWallet
	}
	return nil
}

func (w *walletCall) ask(ctx context.Context, o *operation, stepUp bool) (authz.Answer, error) {
	return w.policies.gate(ctx, w.session.Account.Tenant, authz.Input{
		Subject:  w.subject(),
		Action:   authz.Action{Name: o.action},
		Resource: authz.Entity{Type: "wallet", ID: encode64(w.in.ID[:]), Properties: w.resource()},
		Context:  w.about(stepUp),
	})
}

// problem is a refusal as it is told inside the channel.
func (w *walletCall) problem(err error) *channel.Answer {
	p := describe(err)
	p.RequestID = w.request.RequestID
	body, err := json.Marshal(p)
	if err != nil {
		panic(err) // texts and numbers have a form
	}
	return &channel.Answer{Status: p.Status, ContentType: mediaProblem, Body: body}
}

// body reads the request's as one object.
func (w *walletCall) body() (*memberReader, error) { return w.parsed(vc.ParseJSON) }

func (w *walletCall) parsed(by func([]byte) (any, error)) (*memberReader, error) {
	if w.request.ContentType != mediaJSON {
		return nil, errMediaType
	}
	tree, err := parse(w.request.Body, by)
	if err != nil {
		return nil, err
	}
	object, ok := tree.(map[string]any)
	if !ok {
		return nil, faulty("", "must be an object")
	}
	return &memberReader{object: object, known: map[string]bool{}}, nil
}

// find finds the operation of a method and path, and what its path names.
func find(method, path string) (*operation, map[string]string) {
	parts := strings.Split(strings.TrimPrefix(path, "/"), "/")
	for i := range operations {
		if o := &operations[i]; o.method == method {
			if params, ok := match(o.parts, parts); ok {
				return o, params
			}
		}
	}
	return nil, nil
}

func match(pattern, parts []string) (map[string]string, bool) {
	if len(pattern) != len(parts) {
		return nil, false
	}
	params := map[string]string{}
	for i, p := range pattern {
		if name, ok := strings.CutPrefix(p, ":"); ok {
			params[name] = parts[i]
		} else if p != parts[i] {
			return nil, false
		}
	}
	return params, true
}
