package server

import (
	"context"
	"net/http"
	"net/url"
	"slices"

	"github.com/procura-dev/procura/wallet/contents"
	"github.com/procura-dev/procura/wallet/keys"
	"github.com/procura-dev/procura/wallet/kms"
	"github.com/procura-dev/procura/wallet/session"
)

func accountOf(tenant string, id keys.ID) keys.Account { return keys.Account{Tenant: tenant, ID: id} }

// showAccount shows what there is of an account, and nothing of what is in it.
func showAccount(ctx context.Context, a *adminCall) (int, any, error) {
	has, err := a.kept.Overview(ctx, a.account.Account, a.act.Now)
	if err != nil {
		return 0, nil, err
	}
	parts, err := a.Contents.Partitions(ctx, a.account.Account)
	if err != nil {
		return 0, nil, err
	}
	shown := []map[string]any{}
	for i, p := range parts {
		if i+1 == len(parts) || parts[i+1].ID != p.ID { // its newest epoch
			shown = append(shown, map[string]any{"id": encode64(p.ID[:]), "mode": p.Mode, "epoch": p.Epoch})
		}
	}
	out := map[string]any{
		"id": encode64(a.account.ID[:]), "name": a.account.Name, "begun": stamped(a.account.Begun),
		"sessions": has.Sessions, "devices": has.Devices, "items": has.Items, "partitions": shown,
	}
	if !a.account.Suspended.IsZero() {
		out["suspended"] = stamped(a.account.Suspended)
	}
	return http.StatusOK, out, nil
}

func dropAccount(_ context.Context, a *adminCall) (int, any, error) {
	return a.change(contents.AdminChange{Delete: a.act.Now.Add(session.BlockedTime)})
}

func suspendAccount(_ context.Context, a *adminCall) (int, any, error) {
	return a.change(contents.AdminChange{Suspend: true})
}

func resumeAccount(_ context.Context, a *adminCall) (int, any, error) {
	return a.change(contents.AdminChange{Resume: true})
}

func endSessions(_ context.Context, a *adminCall) (int, any, error) {
	return a.change(contents.AdminChange{EndSessions: true})
}

func closeOpened(_ context.Context, a *adminCall) (int, any, error) {
	return a.change(contents.AdminChange{Close: true})
}

// liftDelay forgets the tries at the account's password, so that its owner need not
// wait where strangers used them up. The day that a recovery takes is not lifted:
// in it the owner can stop who stole the code.
func liftDelay(ctx context.Context, a *adminCall) (int, any, error) {
	budgets, err := a.Budgets(ctx, a.account)
	if err != nil {
		return 0, nil, err
	}
	return a.change(contents.AdminChange{Lift: budgets})
}

func (a *adminCall) change(c contents.AdminChange) (int, any, error) {
	a.act.Change = c
	return http.StatusOK, struct{}{}, nil
}

// showAdminAudit shows who did what when, and never what with.
func showAdminAudit(ctx context.Context, a *adminCall) (int, any, error) {
	after, most, err := page(a.query)
	if err != nil {
		return 0, nil, err
	}
	list, err := a.Contents.Audit(ctx, a.account.Account, after, most)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, map[string]any{"entries": shownEntries(list)}, nil
}

// page is which part of a list a query asks for.
func page(q url.Values) (after int64, most int, err error) {
	w := &walletCall{query: q}
	if after, err = w.number("after", 0, 0, 1<<62); err != nil {
		return 0, 0, err
	}
	n, err := w.number("most", 100, 1, contents.MaxPage)
	return after, int(n), err
}

// listNotices shows an owner what administrators did in the account.
func listNotices(ctx context.Context, w *walletCall) (int, any, error) {
	after, most, err := page(w.query)
	if err != nil {
		return 0, nil, err
	}
	of := w.session.Account
	list, err := w.kept.AdminActs(ctx, contents.AdminQuery{Tenant: of.Tenant, Account: &of.ID, After: after, Most: most})
	if err != nil {
		return 0, nil, err
	}
	out := make([]map[string]any, len(list))
	for i := range list {
		out[i] = shownAct(&list[i])
	}
	return http.StatusOK, map[string]any{"notices": out}, nil
}

// inspected is an inspection of the account that has not ended.
func (a *adminCall) inspected(ctx context.Context, named string) (*contents.Inspection, error) {
	id, err := readID("inspection", named)
	if err != nil {
		return nil, contents.ErrInspection
	}
	list, err := a.kept.Inspections(ctx, a.account.Account, a.act.Now)
	if err != nil {
		return nil, err
	}
	n := slices.IndexFunc(list, func(i contents.Inspection) bool { return i.ID == id })
	if n < 0 {
		return nil, contents.ErrInspection
	}
	return &list[n], nil
}

// mode is that of the partition which the call is about; empty: there is none.
func (a *adminCall) mode(ctx context.Context) (string, error) {
	list, err := a.Contents.Partitions(ctx, a.account.Account)
	if err != nil {
		return "", err
	}
	n := slices.IndexFunc(list, func(p contents.Partition) bool { return p.ID == *a.act.Partition })
	if n < 0 {
		return "", contents.ErrPartition
	}
	return list[n].Mode, nil
}

func listInspections(ctx context.Context, a *adminCall) (int, any, error) {
	list, err := a.kept.Inspections(ctx, a.account.Account, a.act.Now)
	if err != nil {
		return 0, nil, err
	}
	out := make([]map[string]any, len(list))
	for i := range list {
		out[i] = shownInspection(&list[i])
	}
	return http.StatusOK, map[string]any{"inspections": out}, nil
}

func shownInspection(i *contents.Inspection) map[string]any {
	out := map[string]any{"id": encode64(i.ID[:]), "partition": encode64(i.Partition[:]), "asked": stamped(i.Asked), "askedBy": i.AskedBy, "until": stamped(i.Until)}
	if i.Approved != "" {
		out["approvedBy"] = i.Approved
	}
	return out
}

// askInspection asks for a custodial partition to be looked into; another
// administrator must approve it.
func askInspection(_ context.Context, a *adminCall) (int, any, error) {
	i := &contents.Inspection{ID: keys.NewID(), Partition: *a.act.Partition, AskedBy: a.act.By, Asked: a.act.Now, Until: a.act.Now.Add(contents.AskedTime)}
	a.act.Change.Ask = i
	return http.StatusCreated, shownInspection(i), nil
}

func approveInspection(_ context.Context, a *adminCall) (int, any, error) {
	i := *a.inspection
	i.Approved, i.Until = a.act.By, a.act.Now.Add(contents.InspectionTime)
	a.act.Change.Approve = &i.ID
	return http.StatusOK, shownInspection(&i), nil
}

func endInspection(_ context.Context, a *adminCall) (int, any, error) {
	return a.change(contents.AdminChange{End: &a.inspection.ID})
}

// maxShown is how many items one answer of an inspection has at most.
const maxShown = 100

// readInspected opens a page of the partition's items.
func readInspected(ctx context.Context, a *adminCall) (int, any, error) {
	if err := a.inspection.Shows(a.act.By, a.act.Now); err != nil {
		return 0, nil, err
	}
	a.act.Change.Look = &a.inspection.ID
	q := contents.Query{Partition: a.inspection.Partition, Most: maxShown}
	if after := a.query.Get("after"); after != "" {
		var err error
		if q.After, err = readID("after", after); err != nil {
			return 0, nil, err
		}
	}
	held, err := a.Contents.Held(ctx, a.account.Account, q.Partition)
	if err != nil {
		return 0, nil, err
	}
	var part kms.Part
	for epoch, key := range held {
		part = append(part, keys.Served(a.account.Account, q.Partition, epoch, key))
	}
	defer func() {
		for _, p := range part {
			p.Wipe()
		}
	}()
	list, err := a.Contents.Items(ctx, a.account.Account, q)
	if err != nil {
		return 0, nil, err
	}
	return shownItems(part, list)
}

// shownItems opens items, as many as one answer holds. A key is not shown: whoever
// has it signs as its owner for good.
func shownItems(part kms.Part, list []contents.Item) (int, any, error) {
	out, bytes := []map[string]any{}, 0
	for i := range list {
		each := &list[i]
		item := map[string]any{"id": encode64(each.ID[:]), "kind": each.Kind, "version": each.Version}
		if each.Kind != contents.KindKey {
			content, err := openItem(part, each)
			if err != nil {
				return 0, nil, err
			}
			if bytes += len(content); bytes > maxAskedBytes {
				break
			}
			item["content"] = encode64(content)
		}
		out = append(out, item)
	}
	return http.StatusOK, map[string]any{"items": out, "more": len(out) < len(list) || len(list) == maxShown}, nil
}
