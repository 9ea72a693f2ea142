package server

import (
	"context"
	"net/http"
	"net/url"

	"github.com/gin-gonic/gin"

	"github.com/procura-dev/procura/policies/authz"
	"github.com/procura-dev/procura/wallet/contents"
	"github.com/procura-dev/procura/wallet/session"
)

// An adminOperation is one thing that an administrator may ask for of a wallet: by
// which call, what the policy calls it, and what does it. What an owner is told of
// changes something, or shows something of the contents.
type adminOperation struct {
	method, path, action string // the path is after adminBase
	told, body           bool   // the owner is told of it; it takes an object that says why
	do                   func(context.Context, *adminCall) (status int, answer any, err error)
}

const adminBase = "/v1/wallet/accounts"

var adminOperations = []adminOperation{
	{http.MethodGet, "", "wallet.admin.find", false, false, showAccount},
	{http.MethodGet, "/:account", "wallet.admin.get", false, false, showAccount},
	{http.MethodDelete, "/:account", "wallet.admin.delete", true, false, dropAccount},
	{http.MethodPut, "/:account/suspension", "wallet.admin.suspend", true, true, suspendAccount},
	{http.MethodDelete, "/:account/suspension", "wallet.admin.resume", true, false, resumeAccount},
	{http.MethodDelete, "/:account/sessions", "wallet.admin.end-sessions", true, false, endSessions},
	{http.MethodDelete, "/:account/opened", "wallet.admin.close", true, false, closeOpened},
	{http.MethodDelete, "/:account/delay", "wallet.admin.lift-delay", true, false, liftDelay},
	{http.MethodGet, "/:account/audit", "wallet.admin.audit", false, false, showAdminAudit},
	{http.MethodGet, "/:account/inspections", "wallet.admin.inspection.list", false, false, listInspections},
	{http.MethodPost, "/:account/inspections", "wallet.admin.inspection.ask", true, true, askInspection},
	{http.MethodPut, "/:account/inspections/:inspection/approval", "wallet.admin.inspection.approve", true, false, approveInspection},
	{http.MethodGet, "/:account/inspections/:inspection/items", "wallet.admin.inspection.read", true, false, readInspected},
	{http.MethodDelete, "/:account/inspections/:inspection", "wallet.admin.inspection.end", true, false, endInspection},
}

// adminRoutes are those of a tenant's administrators.
func (s *Server) adminRoutes() []route {
	admins := door{RoleAdmin}
	routes := []route{{http.MethodGet, "/v1/wallet/acts", admins, 0, s.listAdminActs}}
	for i := range adminOperations {
		o := &adminOperations[i]
		routes = append(routes, route{o.method, adminBase + o.path, admins, 0, s.administer(o)})
	}
	return routes
}

// An adminCall is one call of an administrator, on its way.
type adminCall struct {
	*Wallet
	policies   *PolicySets
	account    *session.Account
	inspection *contents.Inspection // that the path names; nil: none
	query      url.Values
	act        contents.AdminAct
}

// administer answers an operation: what is answered is kept in the same transaction
// in which it is done.
func (s *Server) administer(o *adminOperation) func(*gin.Context) error {
	return func(c *gin.Context) error {
		a, err := s.adminCall(c, o)
		if err != nil {
			return err
		}
		status, answer, err := a.answer(c.Request.Context(), o)
		if err != nil {
			return err
		}
		c.Header("Cache-Control", "no-store")
		return write(c, status, answer)
	}
}

// adminCall reads a call. An account of another tenant is none.
func (s *Server) adminCall(c *gin.Context, o *adminOperation) (*adminCall, error) {
	by, now, ctx := who(c), s.cfg.Now(), c.Request.Context()
	a := &adminCall{Wallet: s.cfg.Wallets, policies: s.cfg.PolicySets, query: c.Request.URL.Query()}
	a.act = contents.AdminAct{By: by.Client, RequestID: c.GetString(keyRequestID), Action: o.action, Now: now, Told: o.told}
	var err error
	if o.body {
		r, err := readMembers(c)
		if err != nil {
			return nil, err
		}
		if err := a.reads(r, o); err != nil {
			return nil, err
		}
	}
	if a.account, err = a.named(ctx, by.Tenant, c.Param("account")); err != nil {
		return nil, err
	}
	a.act.Account = a.account.Account
	if named := c.Param("inspection"); named != "" {
		if a.inspection, err = a.inspected(ctx, named); err != nil {
			return nil, err
		}
		a.act.Partition = &a.inspection.Partition
	}
	return a, nil
}

// named is the account of an id or, where there is none, of the query's name.
func (a *adminCall) named(ctx context.Context, tenant, id string) (*session.Account, error) {
	if id == "" {
		return a.Named(ctx, tenant, a.query.Get("name"))
	}
	account, err := readID("account", id)
	if err != nil {
		return nil, session.ErrAccount
	}
	return a.Store.Account(ctx, accountOf(tenant, account))
}

// answer decides and prepares what is asked, and has it done and kept.
func (a *adminCall) answer(ctx context.Context, o *adminOperation) (status int, answer any, err error) {
	if err = a.permitted(ctx); err == nil {
		status, answer, err = o.do(ctx, a)
	}
	if err != nil && describe(err).Status >= 500 {
		return 0, nil, err
	}
	a.act.Refused = err != nil
	if failed := a.kept.Administer(ctx, &a.act); failed != nil {
		return 0, nil, failed
	}
	return status, answer, err
}

// reads reads what a body says: why and, of an inspection, of which partition.
func (a *adminCall) reads(r *memberReader, o *adminOperation) error {
	a.act.Reason = r.text("reason")
	if n := len(a.act.Reason); r.given("reason") && (n == 0 || n > contents.MaxReason) {
		r.fault("reason", "must be 1 to %d bytes", contents.MaxReason)
	}
	if o.action == "wallet.admin.inspection.ask" {
		id := r.id("partition")
		a.act.Partition = &id
	}
	return r.err()
}

// permitted asks the policy.
func (a *adminCall) permitted(ctx context.Context) error {
	id := encode64(a.account.ID[:])
	about := map[string]any{"owner": id, "suspended": !a.account.Suspended.IsZero()}
	if a.act.Partition != nil {
		mode, err := a.mode(ctx)
		if err != nil {
			return err
		}
		about["mode"], about["custody"] = modeOf(mode)
	}
	if i := a.inspection; i != nil {
		about["asked"], about["approved"] = i.AskedBy, i.Approved
	}
	return administrates(ctx, a.policies, a.account.Tenant, &a.act, authz.Entity{Type: "wallet", ID: id, Properties: about})
}

// administrates asks the policy of what an administrator would do to something.
func administrates(ctx context.Context, sets *PolicySets, tenant string, act *contents.AdminAct, to authz.Entity) error {
	answer, err := sets.gate(ctx, tenant, authz.Input{
		Subject: authz.Entity{Type: "administrator", ID: act.By}, Action: authz.Action{Name: act.Action}, Resource: to,
	})
	if err == nil && !answer.Decision {
		err = errWallet
	}
	return err
}

// listAdminActs answers what the tenant's administrators did, also in accounts that
// there are no more.
func (s *Server) listAdminActs(c *gin.Context) error {
	by, ctx := who(c), c.Request.Context()
	act := &contents.AdminAct{By: by.Client, Action: "wallet.admin.acts"}
	if err := administrates(ctx, s.cfg.PolicySets, by.Tenant, act, authz.Entity{Type: "tenant", ID: by.Tenant}); err != nil {
		return err
	}
	after, most, err := page(c.Request.URL.Query())
	if err != nil {
		return err
	}
	list, err := s.cfg.Wallets.kept.AdminActs(ctx, contents.AdminQuery{Tenant: by.Tenant, After: after, Most: most})
	if err != nil {
		return err
	}
	out := make([]map[string]any, len(list))
	for i := range list {
		out[i] = shownAct(&list[i])
		out[i]["account"], out[i]["requestId"] = encode64(list[i].Account[:]), list[i].RequestID
	}
	c.Header("Cache-Control", "no-store")
	return write(c, http.StatusOK, map[string]any{"acts": out})
}

// shownAct is what an administrator did, as it is told.
func shownAct(e *contents.AdminEntry) map[string]any {
	out := map[string]any{"n": e.N, "at": stamped(e.At), "action": e.Action, "administrator": e.By, "result": e.Result}
	if e.Reason != "" {
		out["reason"] = e.Reason
	}
	if e.Partition != nil {
		out["partition"] = encode64(e.Partition[:])
	}
	return out
}
