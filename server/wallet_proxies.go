package server

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/procura-dev/procura/policies"
	"github.com/procura-dev/procura/policies/facts"
	"github.com/procura-dev/procura/verifier"
	"github.com/procura-dev/procura/wallet/contents"
	"github.com/procura-dev/procura/wallet/keys"
	"github.com/procura-dev/procura/wallet/session"
	"github.com/procura-dev/procura/wallet/session/channel"
)

// Bounds of acting for others.
const (
	maxProxyQuestion = 4 << 10 // bytes of what is asked
	maxPresented     = 1 << 20 // of a presentation
	proxyTime        = time.Hour
)

// How long ago a status list may have been asked for: one of our own, and another's.
const (
	ownListTime   = 5 * time.Second
	otherListTime = time.Minute
)

// askProxy makes what somebody must sign who is to act in another's account. Whether
// there is such an account, and whom it represents, is not told.
func askProxy(ctx context.Context, w *walletCall) (int, any, error) {
	m, err := w.body()
	if err != nil {
		return 0, nil, err
	}
	name := m.text("account")
	m.known["permissions"] = true
	q, fault := m.question(map[string]any{"permissions": m.object["permissions"]})
	if err := m.err(); err != nil || fault != nil {
		return 0, nil, err
	}
	if name, err = session.Canonical(name); err != nil {
		return 0, nil, err
	}
	question, err := json.Marshal(q.Request)
	if err != nil || len(question) > maxProxyQuestion {
		return 0, nil, errTooLarge
	}
	t := session.ProxyTicket{Session: w.session.Digest, Name: name, Question: question}
	_, _ = rand.Read(t.Random[:]) // never fails (crypto/rand)
	bound, err := w.bound(ctx, t.Random)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusCreated, map[string]any{
		"nonce": w.verifier.BoundNonce(bound), "domain": w.Origin, "random": encode64(t.Random[:]),
		"ticket": w.Server.SealProxy(t, w.now), "expires": stamped(w.now.Add(session.ProxyTime)),
	}, nil
}

// bound is what a nonce for this session begins with.
func (w *walletCall) bound(ctx context.Context, random [32]byte) (b [sha256.Size]byte, err error) {
	own, err := w.Store.Account(ctx, w.session.Account)
	if err != nil {
		return b, err
	}
	return channel.GuardianNonce(random, w.sid, own.Public.Box), nil
}

// who is the session as the verifier knows it.
func (w *walletCall) who() verifier.Caller {
	return verifier.Caller{Tenant: w.session.Account.Tenant, Client: "wallet/" + encode64(w.session.Account.ID[:]), Domains: []string{w.Origin}}
}

// openProxy decides over what was presented. A permit for one whom the account
// represents has the session act there.
func openProxy(ctx context.Context, w *walletCall) (int, any, error) {
	m, err := w.body()
	if err != nil {
		return 0, nil, err
	}
	ticket, presented := m.text("ticket"), m.presented("presentation")
	if err := m.err(); err != nil {
		return 0, nil, err
	}
	t, spent, err := w.Server.OpenProxy(ticket, w.session, w.now)
	if err != nil {
		return 0, nil, err
	}
	k := &keptProxy{Begun: t.Begun, Received: w.now.UnixNano(), MediaType: presented.MediaType, Raw: presented.Raw}
	if k.Bound, err = w.bound(ctx, t.Random); err != nil {
		return 0, nil, err
	}
	var asked facts.Request
	if err := json.Unmarshal(t.Question, &asked); err != nil {
		return 0, nil, err
	}
	k.Permissions = asked.Permissions
	p, err := w.representing(ctx, t.Name, asked)
	if err != nil {
		return 0, nil, err
	}
	return w.present(ctx, k, p, asked, spent)
}

// present takes the first decision. Who may not is told why, whoever the account
// represents; only a permit shows that it is somebody else.
func (w *walletCall) present(ctx context.Context, k *keptProxy, p *contents.Proxy, asked facts.Request, spent session.Spent) (int, any, error) {
	if p != nil {
		asked.Framework, asked.SupportedObligations = p.For.Framework, supported(p.For.Duties)
	}
	s := w.standing(k, asked)
	s.Body = append([]byte("wallet\x00"), w.request.Body...)
	raw, _, err := w.verifier.Stand(ctx, w.who(), s)
	if err != nil {
		return 0, nil, err
	}
	var decided struct{ ID, Decision string }
	if err := json.Unmarshal(raw, &decided); err != nil {
		return 0, nil, err
	}
	w.decision = decided.ID
	o := &contents.Opening{Ticket: spent}
	answer := map[string]any{"decision": raw}
	if decided.Decision == policies.Permit {
		if p == nil {
			return 0, nil, errProxyOther
		}
		if err := w.seal(p, k); err != nil {
			return 0, nil, err
		}
		o.Proxy, answer["proxy"] = p, shownProxy(p)
	}
	w.changes = append(w.changes, contents.Change{OpenProxy: o})
	return http.StatusOK, answer, nil
}

// representing is what a session would be that acts in an account, for the first one
// represented there whom it asks about; nil: there is none.
func (w *walletCall) representing(ctx context.Context, name string, asked facts.Request) (*contents.Proxy, error) {
	a, _, err := w.Store.FindAccount(ctx, w.session.Account.Tenant, name, [sha256.Size]byte{})
	if err != nil {
		return nil, err
	}
	list, err := w.Contents.Represented(ctx, a.Account)
	if err != nil || a.Account == w.session.Account {
		return nil, err
	}
	for _, r := range list {
		granted := func(permission string) bool { return len(r.Grants[permission]) > 0 }
		if r.Framework.Name == asked.Framework.Name && covers(asked.Proxied, r.Proxied) && slices.ContainsFunc(asked.Permissions, granted) {
			return &contents.Proxy{ID: keys.NewID(), Session: w.session.Digest, In: a.Account, Name: a.Name, Begun: w.now, Until: earlier(w.now.Add(proxyTime), w.session.Until), For: r}, nil
		}
	}
	return nil, nil
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// A keptProxy is what is kept of what was asked and presented, to decide it anew.
type keptProxy struct {
	Permissions     []string
	Bound           [sha256.Size]byte
	Begun, Received int64 // nanoseconds since 1970
	MediaType       string
	Raw             []byte
}

// seal keeps it for the session alone.
func (w *walletCall) seal(p *contents.Proxy, k *keptProxy) error {
	plain, err := json.Marshal(k)
	if err != nil {
		return err
	}
	defer clear(plain)
	p.Sealed = channel.SealBeside(w.at(), p.ID, w.open, w.service, plain)
	return nil
}

// standing is the question that is decided, with what was presented.
func (w *walletCall) standing(k *keptProxy, request facts.Request) *verifier.Standing {
	return &verifier.Standing{
		Question:   verifier.Question{Request: request, Domain: w.Origin},
		Bound:      k.Bound,
		OpenedAt:   time.Unix(0, k.Begun).UTC(),
		ReceivedAt: time.Unix(0, k.Received).UTC(),
		Presented:  verifier.Submitted{MediaType: k.MediaType, Raw: k.Raw},
		Asked:      w.asked,
	}
}

// asked is how long ago a status list may have been asked for.
func (w *walletCall) asked(list string) time.Duration {
	if strings.HasPrefix(list, w.Origin+"/") {
		return ownListTime
	}
	return otherListTime
}

// presented is one presentation.
func (m *memberReader) presented(name string) verifier.Submitted {
	m.known[name] = true
	s, err := verifier.ReadPresented(m.object[name])
	if err != nil || len(s.Raw) > maxPresented {
		m.fault(name, "must be one presentation, a string or an object, of at most %d bytes", maxPresented)
	}
	return s
}

func shownProxy(p *contents.Proxy) map[string]any {
	return map[string]any{
		"account": p.In.ID, "name": p.Name, "begun": stamped(p.Begun), "until": stamped(p.Until),
		"represented": p.For.ID, "partitions": p.For.Partitions,
	}
}

// listProxies says in which accounts the session acts.
func listProxies(ctx context.Context, w *walletCall) (int, any, error) {
	list, err := w.Contents.Proxies(ctx, w.session.Digest, w.now)
	if err != nil {
		return 0, nil, err
	}
	out := make([]map[string]any, len(list))
	for i := range list {
		out[i] = shownProxy(&list[i])
	}
	return http.StatusOK, map[string]any{"proxies": out}, nil
}

// closeProxy has the session act in an account no more.
func closeProxy(_ context.Context, w *walletCall) (int, any, error) {
	id, err := w.id("account")
	if err != nil {
		return 0, nil, err
	}
	w.changes = append(w.changes, contents.Change{CloseProxy: &id})
	return http.StatusOK, struct{}{}, nil
}
