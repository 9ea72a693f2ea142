package server

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/procura-dev/procura/policies"
	"github.com/procura-dev/procura/policies/authz"
	"github.com/procura-dev/procura/policies/facts"
	"github.com/procura-dev/procura/verifier"
	"github.com/procura-dev/procura/wallet/contents"
	"github.com/procura-dev/procura/wallet/keys"
	"github.com/procura-dev/procura/wallet/session"
	"github.com/procura-dev/procura/wallet/session/channel"
)

// What can be wrong with what a proxy asks.
var (
	errProxyAction = errors.New("no proxy may do this in another's wallet")
	errProxySealed = errors.New("a proxy acts in custodial partitions alone: this one is sealed, or served to its owner's sessions")
	errProxyDenied = errors.New("the proxy decision does not hold now")
	errProxyOther  = errors.New("the decision permits, and the account is for nobody whom it is about")
)

// proxiable is what a proxy may do at the most, whatever the policy says: nothing that
// takes the password again, and nothing that is about more than a partition.
var proxiable = map[string]bool{
	"wallet.credential.issue": true,
	"wallet.credential.prove": true,
	"wallet.credential.query": true,
	"wallet.item.add":         true,
	"wallet.item.change":      true,
	"wallet.item.get":         true,
	"wallet.item.list":        true,
	"wallet.item.remove":      true,
	"wallet.jwt.sign":         true,
	"wallet.key.list":         true,
	"wallet.profile.get":      true,
}

// decisionTime is for how long a permit stands for calls that come after it.
const decisionTime = 5 * time.Second

// acting is a session in another's account, in one call.
type acting struct {
	*contents.Proxy
	action   string
	decision map[string]any // as a policy sees it
	may      map[keys.ID]error
}

// enter finds out in whose account a call is to be done: the session's own, or that
// which it names, where a proxy decision of the session is for it.
func (w *walletCall) enter(ctx context.Context, o *operation) error {
	w.in, w.acting, w.decision = w.session.Account, nil, ""
	if !w.query.Has("in") {
		return nil
	}
	id, err := readID("in", w.query.Get("in"))
	if err != nil {
		return err
	}
	in := keys.Account{Tenant: w.session.Account.Tenant, ID: id}
	p, err := w.Contents.Proxy(ctx, w.session.Digest, in, w.now)
	if err != nil {
		return err
	}
	w.in, w.acting = in, &acting{Proxy: p, action: o.action, may: map[keys.ID]error{}}
	w.acting.decision, err = w.decided(ctx, p)
	return err
}

// decided is the proxy's decision as it is now, at most decisionTime old.
func (w *walletCall) decided(ctx context.Context, p *contents.Proxy) (map[string]any, error) {
	if d := w.stand.last(p.ID, w.now); d != nil {
		w.decision = d.id
		return d.input, nil
	}
	plain, err := channel.OpenBeside(w.at(), p.ID, w.open, w.service, p.Sealed)
	if err != nil {
		return nil, err
	}
	defer clear(plain)
	var k keptProxy
	if err := json.Unmarshal(plain, &k); err != nil {
		return nil, err
	}
	request := facts.Request{Permissions: k.Permissions, Proxied: p.For.Proxied, Framework: p.For.Framework, SupportedObligations: supported(p.For.Duties)}
	raw, holders, err := w.verifier.StandStill(ctx, w.who(), w.standing(&k, request))
	if invalid, ok := errors.AsType[*verifier.Invalid](err); ok { // its framework is another by now
		return nil, tell(errProxyDenied, "%s", invalid)
	}
	if err != nil {
		return nil, err
	}
	return w.taken(p, raw, holders, request)
}

// taken reads a decision, and keeps a permit for the calls that come soon.
func (w *walletCall) taken(p *contents.Proxy, raw []byte, holders []string, request facts.Request) (map[string]any, error) {
	var a verifier.Answer
	if err := json.Unmarshal(raw, &a); err != nil {
		return nil, err
	}
	w.decision = a.ID
	if a.Decision.Decision != policies.Permit {
		return nil, tell(errProxyDenied, "%s", codesOf(a.Reasons))
	}
	input, err := proxyInput(raw, holders, tree(request), 1)
	if err != nil {
		return nil, err
	}
	until := w.now.Add(decisionTime)
	if at, err := time.Parse(time.RFC3339Nano, a.ValidUntil); err == nil {
		until = earlier(until, at)
	}
	w.stand.keep(p.ID, &stood{id: a.ID, input: input, at: w.now, until: until}, w.now)
	return input, nil
}

// codesOf are those of reasons, each once.
func codesOf(reasons []policies.Reason) string {
	var out []string
	for _, r := range reasons {
		out = append(out, r.Code)
	}
	slices.Sort(out)
	return strings.Join(slices.Compact(out), ", ")
}

// mayAct asks the policy whether the proxy may do what the call is for, where its
// path says.
func (w *walletCall) mayAct(ctx context.Context) error {
	part, err := w.pathPart(ctx)
	if err != nil {
		return err
	}
	return w.mayIn(ctx, part)
}

// pathPart is the partition that the path names, or that of the newest keys of the
// profile that it names; zero: there is none.
func (w *walletCall) pathPart(ctx context.Context) (id keys.ID, err error) {
	if _, named := w.params["partition"]; named {
		return w.id("partition")
	}
	if _, named := w.params["profile"]; !named {
		return id, nil
	}
	p, err := w.wholeProfile(ctx)
	if err != nil {
		return id, err
	}
	return p.Newest().Partition, nil
}

// mayIn refuses what the proxy may not do in a partition: by the policy, and beneath
// it by what no policy can permit.
func (w *walletCall) mayIn(ctx context.Context, id keys.ID) error {
	a := w.acting
	if err, asked := a.may[id]; asked {
		return err
	}
	parts, err := w.parts(ctx)
	if err != nil {
		return err
	}
	mode := (&profileView{parts: parts}).mode(id)
	answer, err := w.policies.gate(ctx, w.session.Account.Tenant, w.actingQuestion(id, mode))
	if err != nil {
		return err
	}
	a.may[id] = a.refused(answer, id, mode)
	return a.may[id]
}

func (a *acting) refused(answer authz.Answer, id keys.ID, mode string) error {
	switch {
	case !answer.Decision && gives(answer, "wallet.proxy-action"), !proxiable[a.action], strong[a.action]:
		return errProxyAction
	case mode == "":
		return errWallet
	case !answer.Decision && gives(answer, "wallet.proxy-sealed"), mode != contents.Custodial:
		return errProxySealed
	case !answer.Decision, !holdsPart(&a.For.Terms, id), !a.granted():
		return errWallet
	}
	return nil
}

// granted reports whether a permission that was granted is one by which the owner
// lets the action be done, for just the one whom the owner names.
func (a *acting) granted() bool {
	asked, _ := a.decision["request"].(map[string]any)
	if !reflect.DeepEqual(asked["proxied"], tree(a.For.Proxied)) {
		return false
	}
	list, _ := a.decision["permissions"].([]any)
	return slices.ContainsFunc(list, func(v any) bool {
		p, _ := v.(map[string]any)
		name, _ := p["name"].(string)
		return p["granted"] == true && slices.Contains(a.For.Grants[name], a.action)
	})
}

// actingQuestion is what the policy is asked.
func (w *walletCall) actingQuestion(id keys.ID, mode string) authz.Input {
	about := w.resource()
	if mode != "" {
		about["partition"] = encode64(id[:])
		about["mode"], about["custody"] = modeOf(mode)
	}
	if holdsPart(&w.acting.For.Terms, id) {
		about["represented"] = map[string]any{"proxied": tree(w.acting.For.Proxied), "grants": tree(w.acting.For.Grants)}
	}
	return authz.Input{
		Subject: w.subject(), Action: authz.Action{Name: w.acting.action}, Context: w.about(false), Proxy: w.acting.decision,
		Resource: authz.Entity{Type: "wallet", ID: encode64(w.in.ID[:]), Properties: about},
	}
}

// modeOf says of a partition whether it is ever open to the server, and by whom its
// key is kept.
func modeOf(mode string) (open, custody string) {
	switch mode {
	case contents.Custodial:
		return contents.Served, contents.Custodial
	case contents.Served:
		return contents.Served, "none"
	}
	return contents.Sealed, "none"
}

// tree is a value as JSON has it.
func tree(v any) (out any) {
	raw, err := json.Marshal(v)
	if err == nil {
		err = json.Unmarshal(raw, &out)
	}
	if err != nil {
		panic(err) // texts, lists and objects of them have a form
	}
	return out
}

// subject is the session, as the policy sees it.
func (w *walletCall) subject() authz.Entity {
	return authz.Entity{Type: "account", ID: encode64(w.session.Account.ID[:]), Properties: map[string]any{"device": encode64(w.session.Device[:])}}
}

// about is what else the policy is told.
func (w *walletCall) about(stepUp bool) map[string]any {
	return map[string]any{"sessionAge": w.now.Sub(w.session.Begun).Seconds(), "stepUp": stepUp, "time": w.now.UTC().Format(time.RFC3339)}
}

// resource is what the call is about, as the policy sees it.
func (w *walletCall) resource() map[string]any {
	out := map[string]any{"owner": encode64(w.in.ID[:])}
	for _, name := range []string{"partition", "profile", "item"} {
		if text, named := w.params[name]; named {
			out[name] = text
		}
	}
	if name, err := url.PathUnescape(w.params["profile"]); err == nil && name != "" {
		if name, err = session.Canonical(name); err == nil {
			out["profile"] = name
		}
	}
	return out
}

// gives reports whether the policy gives a reason.
func gives(d authz.Answer, reason string) bool {
	reasons, _ := d.Context["reason_admin"].(map[string]any)
	_, there := reasons[reason]
	return there
}
