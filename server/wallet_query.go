package server

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/procura-dev/procura/wallet/contents"
	"github.com/procura-dev/procura/wallet/keys"
	"github.com/procura-dev/procura/wallet/kms"
	"github.com/procura-dev/procura/wallet/query"
)

// Bounds of one query behind the channel. Clients ask sealed partitions themselves.
const (
	maxAsked      = 1000    // credentials
	maxAskedBytes = 8 << 20 // of them, opened
	maxParts      = 16      // partitions that are asked, and credentials that may be named
	queryTime     = 10 * time.Second
)

// queryCredentials holds a verifier's request against the credentials of partitions
// that are open to this session: those of the profile's contents, or those named. An
// empty wallet answers a DIDAuthentication too.
func queryCredentials(ctx context.Context, w *walletCall) (int, any, error) {
	p, err := w.profile(ctx)
	if err != nil {
		return 0, nil, err
	}
	r, tree, err := w.asking()
	if err != nil {
		return 0, nil, err
	}
	l := &loaded{walletCall: w, only: r.names("credentials")}
	l.Holders, l.Contexts = r.names("holders"), w.verifier.Library(w.session.Account.Tenant).Context
	from := r.contentsOf(p)
	if err := r.err(); err != nil {
		return 0, nil, err
	}
	request, err := query.ReadRequest(tree)
	if err != nil {
		return 0, nil, below("/request", err)
	}
	ctx, cancel := context.WithTimeout(ctx, queryTime)
	defer cancel()
	for _, id := range from {
		if err := l.partition(ctx, p.parts[id], id); err != nil {
			return 0, nil, below("", err)
		}
	}
	answers, err := l.Answer(ctx, request)
	if err != nil {
		return 0, nil, below("/request", err)
	}
	return http.StatusOK, map[string]any{"answers": answers, "unread": append([]string{}, l.unread...)}, nil
}

// contentsOf are the partitions that are named, or else where the profile's contents are.
func (m *memberReader) contentsOf(p *profileView) (out []keys.ID) {
	names := m.names("partitions") // of none: an empty list
	if _, given := m.object["partitions"]; !given {
		return p.Contents
	}
	for _, name := range names {
		id, err := readID("partitions", name)
		if err != nil {
			m.fault("partitions", "must be ids of partitions")
		}
		out = append(out, id)
	}
	return out
}

// below gives a query's fault its place in a request's body.
func below(path string, err error) error {
	if f, ok := errors.AsType[*query.Fault](err); ok {
		return &query.Fault{Kind: f.Kind, Path: path + f.Path, Why: f.Why}
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return &query.Fault{Kind: query.ErrTooMuch, Path: path, Why: "takes too long"}
	}
	return err
}

// names is a list of texts that may be absent or empty.
func (m *memberReader) names(name string) (out []string) {
	m.known[name] = true
	v, given := m.object[name]
	l, ok := v.([]any)
	if given && (!ok || len(l) > maxParts) {
		m.fault(name, "must be a list of at most %d texts", maxParts)
		return nil
	}
	for _, each := range l {
		s, ok := each.(string)
		if !ok || s == "" || len(s) > maxKeyName {
			m.fault(name, "must be texts of 1 to %d bytes", maxKeyName)
			return nil
		}
		out = append(out, s)
	}
	return out
}

// maxKeyName bounds the name of a partition, credential or holder, in bytes.
const maxKeyName = 2048

// loaded is a wallet whose credentials this session has open.
type loaded struct {
	*walletCall
	query.Wallet
	only   []string // names of credentials; empty: all
	unread []string // those that no verifier could read
	bytes  int
}

// partition opens the credentials of one, page by page.
func (l *loaded) partition(ctx context.Context, had []contents.Partition, id keys.ID) error {
	part, err := l.serve(ctx, had)
	if err != nil {
		return err
	}
	q := contents.Query{Partition: id, Kind: contents.KindCredential, Most: contents.MaxPage}
	for {
		list, err := l.Contents.Items(ctx, l.in, q)
		if err != nil {
			return err
		}
		for i := range list {
			if err := l.add(part, &list[i]); err != nil {
				return err
			}
			q.After = list[i].ID
		}
		if len(list) < q.Most {
			return nil
		}
	}
}

// add opens an item and reads the credential that it keeps.
func (l *loaded) add(part kms.Part, i *contents.Item) error {
	name := encode64(i.Partition[:]) + "/" + encode64(i.ID[:])
	if len(l.only) > 0 && !slices.Contains(l.only, name) {
		return nil
	}
	content, err := openItem(part, i)
	if err != nil {
		return err
	}
	if l.bytes += len(content); l.bytes > maxAskedBytes || len(l.Credentials) == maxAsked {
		return &query.Fault{Kind: query.ErrTooMuch, Path: "/credentials", Why: "must name fewer credentials: the partitions have more than are read for one query"}
	}
	if c, err := query.Parse(name, content); err == nil {
		l.Credentials = append(l.Credentials, c)
	} else {
		l.unread = append(l.unread, name)
	}
	return nil
}

// openItem opens an item of a part that is open.
func openItem(part kms.Part, i *contents.Item) ([]byte, error) {
	n := slices.IndexFunc(part, func(p *keys.Partition) bool { return p.Epoch == i.Epoch })
	if n < 0 {
		return nil, contents.ErrSealed
	}
	return part[n].Open(keys.Item{ID: i.ID, Kind: i.Kind, Version: i.Version}, i.Sealed)
}

// credentialNamed opens one credential by its name, <partition>/<item>.
func (w *walletCall) credentialNamed(ctx context.Context, name string) (*query.Credential, error) {
	p, item, _ := strings.Cut(name, "/")
	partition, err := readID("credential", p)
	if err != nil {
		return nil, err
	}
	id, err := readID("credential", item)
	if err != nil {
		return nil, err
	}
	had, err := w.epochsOf(ctx, partition)
	if err != nil {
		return nil, err
	}
	part, err := w.serve(ctx, had)
	if err != nil {
		return nil, err
	}
	i, err := w.Contents.Item(ctx, w.in, partition, id)
	if err != nil {
		return nil, err
	}
	if i.Kind != contents.KindCredential {
		return nil, query.ErrCredential
	}
	content, err := openItem(part, i)
	if err != nil {
		return nil, err
	}
	return query.Parse(name, content)
}
