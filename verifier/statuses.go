package verifier

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/procura-dev/procura/policies/facts"
	"github.com/procura-dev/procura/trustframeworks"
	"github.com/procura-dev/procura/verifier/did"
	"github.com/procura-dev/procura/verifier/status"
	"github.com/procura-dev/procura/verifier/vc"
)

// What one decision spends on status lists, all of them together.
const (
	statusBudget = 10 * time.Second
	statusAtOnce = 8
)

// readStatuses looks up the status of each credential that was presented (step 7).
// What it finds are facts: the policy judges.
func (d *decider) readStatuses(ctx context.Context) error {
	wanted, err := d.wantedLists(ctx)
	if err != nil {
		return err
	}
	got, err := d.fetchLists(ctx, wanted)
	if err != nil {
		return err
	}
	return d.eachStatus(ctx, func(r *Release, c *facts.Credential, e status.Entry, admitted bool) (facts.Status, error) {
		return d.readStatus(ctx, r, c, e, admitted, got)
	})
}

// A finder gives the fact for one entry; admitted says whether the credential's
// issuer may issue it.
type finder func(r *Release, c *facts.Credential, e status.Entry, admitted bool) (facts.Status, error)

// eachStatus puts the fact that is found for each entry beside its credential, of
// a chain beside each above, too.
func (d *decider) eachStatus(ctx context.Context, found finder) error {
	for k := range d.presented {
		p := &d.presented[k]
		for i := range p.Credentials {
			for j, c := range carriers(&p.Credentials[i]) {
				if err := d.statusOf(ctx, p.versions[i], c, p.statuses[i][j], found); err != nil {
					return err
				}
				if err := p.supportingStatuses(p.versions[i], c, found); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (d *decider) statusOf(ctx context.Context, r *Release, c *facts.Credential, entries []status.Entry, found finder) error {
	if len(entries) == 0 {
		return nil
	}
	f, err := d.framework(ctx, r)
	if err != nil {
		return err
	}
	c.Status, err = found.all(r, c, entries, f.Facts.Admits(c, d.request.Proxied))
	return err
}

// all are the facts for all entries of a credential.
func (found finder) all(r *Release, c *facts.Credential, entries []status.Entry, admitted bool) ([]facts.Status, error) {
	if len(entries) == 0 {
		return nil, nil
	}
	out := make([]facts.Status, len(entries))
	for j, e := range entries {
		var err error
		if out[j], err = found(r, c, e, admitted); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// wantedLists are those that are needed, with the age that each may have. Of a
// credential whose issuer may not issue it nothing is fetched (semantics 3.4).
func (d *decider) wantedLists(ctx context.Context) (map[string]time.Duration, error) {
	wanted := map[string]time.Duration{}
	return wanted, d.eachStatus(ctx, func(r *Release, _ *facts.Credential, e status.Entry, admitted bool) (facts.Status, error) {
		if !admitted || !e.Readable() {
			return facts.Status{}, nil
		}
		f, err := d.framework(ctx, r)
		if err != nil {
			return facts.Status{}, err
		}
		age, err := d.strictest(f.Document.Freshness, func(a trustframeworks.Ages) trustframeworks.Duration { return a.StatusMaxAge }, status.AnyAge)
		if have, ok := wanted[e.List]; !ok || age < have {
			wanted[e.List] = age
		}
		return facts.Status{}, err
	})
}

// A fetched list, or why there is none.
type fetched struct {
	list *status.List
	err  error
}

// fetchLists gets the lists side by side. Those that take too long are not there.
func (d *decider) fetchLists(ctx context.Context, wanted map[string]time.Duration) (map[string]fetched, error) {
	own, cancel := context.WithTimeout(ctx, statusBudget)
	defer cancel()
	var (
		mu    sync.Mutex
		tasks sync.WaitGroup
		slots = make(chan struct{}, statusAtOnce)
		got   = make(map[string]fetched, len(wanted))
	)
	for url, age := range wanted {
		slots <- struct{}{} // a task ends when own does
		tasks.Go(func() {
			defer func() { <-slots }()
			l, err := d.statusLists.GetSince(own, url, age, d.since(url))
			mu.Lock()
			defer mu.Unlock()
			got[url] = fetched{l, err}
		})
	}
	tasks.Wait()
	return got, ctx.Err()
}

// since is how long ago a list may have been asked for.
func (d *decider) since(list string) time.Duration {
	if d.asked == nil {
		return status.AnyAge
	}
	return d.asked(list)
}

// readStatus is what one list says of one credential.
func (d *decider) readStatus(ctx context.Context, r *Release, c *facts.Credential, e status.Entry, admitted bool, got map[string]fetched) (facts.Status, error) {
	fact := factOf(e)
	if !admitted && e.Readable() {
		return problem(fact, &vc.Refusal{Code: status.Unknown, Message: "no list is fetched for a credential by nobody who may issue it"}), nil
	}
	if !e.Readable() {
		return problem(fact, e.Problem), nil
	}
	may := d.publishers(r, c)
	own := *d.proofs
	own.DIDs = d.proofs.DIDs.Under(did.Terms{Listed: may, MaxAge: func(ctx context.Context) (time.Duration, error) {
		return d.didMaxAge(ctx, []*Release{r})
	}})
	have := got[e.List]
	err := have.err
	var read status.Reading
	if err == nil {
		read, err = have.list.Read(ctx, e, status.Terms{Proofs: &own, MayPublish: may})
	}
	if err != nil {
		return d.notRead(ctx, fact, err)
	}
	fact.Value, fact.Issuer = &read.Value, read.Issuer
	fact.SignedAt, fact.ValidFrom, fact.ValidUntil = some(read.SignedAt), some(read.ValidFrom), some(read.ValidUntil)
	fact.RevokedAt = some(read.RevokedAt)
	registries, err := d.registered(ctx, []string{read.Issuer})
	fact.IssuerRegistries = append([]string(nil), registries[read.Issuer]...)
	return fact, err
}

// factOf is what a credential itself says.
func factOf(e status.Entry) facts.Status {
	return facts.Status{Path: e.Path, Type: e.Kind, Purpose: e.Purpose, List: e.List}
}

// notRead is a status that is not known, for a reason that is an answer.
func (d *decider) notRead(ctx context.Context, fact facts.Status, err error) (facts.Status, error) {
	if r, ok := errors.AsType[*vc.Refusal](err); ok {
		return problem(fact, r), nil
	}
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		return problem(fact, &vc.Refusal{Code: status.Unreachable, Message: "fetching the status lists of this decision took too long"}), nil
	}
	return fact, fmt.Errorf("reading a status: %w", err)
}

func problem(fact facts.Status, r *vc.Refusal) facts.Status {
	fact.Problem, fact.Message = r.Code, r.Message
	return fact
}

func some(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return stamp(at)
}

// publishers are those whose lists count for a credential: its issuer, and who
// may issue its variant by the framework's own word or a registry's.
func (d *decider) publishers(r *Release, c *facts.Credential) lister {
	listed := d.issuers(r, c.Variant)
	return func(ctx context.Context, id string) (bool, error) {
		if id == c.Issuer && id != "" {
			return true, nil
		}
		return listed(ctx, id)
	}
}
