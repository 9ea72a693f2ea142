package server

import (
	"context"
	"encoding/base64"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/procura-dev/procura/wallet/contents"
	"github.com/procura-dev/procura/wallet/keys"
)

// An operation is one thing that a session may ask for: by which call, what the
// policy calls it, and what does it. docs/wallet-actions.md has the table.
type operation struct {
	method, action string
	parts          []string
	do             func(context.Context, *walletCall) (status int, answer any, err error)
}

// strong are the actions that need the password again, for each request of its own.
var strong = map[string]bool{
	"wallet.account.delete":  true,
	"wallet.device.remove":   true,
	"wallet.kms.remove":      true,
	"wallet.password.change": true,
	"wallet.profile.remove":  true,
	"wallet.recovery.remove": true,
	"wallet.recovery.set":    true,
	"wallet.represented.set": true,
}

var operations = []operation{
	{http.MethodGet, "wallet.account.get", path("account"), getAccount},
	{http.MethodGet, "wallet.device.list", path("devices"), listDevices},
	{http.MethodDelete, "wallet.device.remove", path("devices/:device"), removeDevice},
	{http.MethodDelete, "wallet.session.end", path("session"), endSession},
	{http.MethodGet, "wallet.audit.list", path("audit"), listAudit},
	{http.MethodGet, "wallet.notice.list", path("notices"), listNotices},
	{http.MethodGet, "wallet.partition.list", path("partitions"), listPartitions},
	{http.MethodPost, "wallet.partition.add", path("partitions"), addPartition},
	{http.MethodPut, "wallet.partition.change", path("partitions/:partition"), changePartition},
	{http.MethodPost, "wallet.partition.open", path("partitions/:partition/open"), openPartition},
	{http.MethodPost, "wallet.partition.close", path("partitions/:partition/close"), closePartition},
	{http.MethodGet, "wallet.profile.list", path("profiles"), listProfiles},
	{http.MethodPost, "wallet.profile.add", path("profiles"), createProfile},
	{http.MethodGet, "wallet.profile.get", path("profiles/:profile"), getProfile},
	{http.MethodPut, "wallet.profile.change", path("profiles/:profile"), changeProfile},
	{http.MethodDelete, "wallet.profile.remove", path("profiles/:profile"), removeProfile},
	{http.MethodPost, "wallet.profile.open", path("profiles/:profile/open"), openProfile},
	{http.MethodPost, "wallet.profile.close", path("profiles/:profile/close"), closeProfile},
	{http.MethodDelete, "wallet.kms.remove", path("profiles/:profile/kms/:generation"), removeKMS},
	{http.MethodGet, "wallet.key.list", path("profiles/:profile/keys"), listKeys},
	{http.MethodPost, "wallet.key.add", path("profiles/:profile/keys"), createKeyPair},
	{http.MethodPost, "wallet.credential.query", path("profiles/:profile/query"), queryCredentials},
	{http.MethodPost, "wallet.credential.issue", path("profiles/:profile/credentials"), issueHeld},
	{http.MethodPost, "wallet.credential.prove", path("profiles/:profile/presentations"), proveHeld},
	{http.MethodPost, "wallet.credential.verify", path("verify"), verifyHeld},
	{http.MethodPost, "wallet.credential.derive", path("derive"), deriveHeld},
	{http.MethodPost, "wallet.credential.resolve", path("resolve-manifest"), resolveManifest},
	{http.MethodPost, "wallet.jwt.sign", path("profiles/:profile/jwts"), signJWT},
	{http.MethodPost, "wallet.jwt.verify", path("verify-jwt"), verifyJWT},
	{http.MethodGet, "wallet.item.list", path("partitions/:partition/items"), listItems},
	{http.MethodPost, "wallet.item.add", path("partitions/:partition/items"), addItem},
	{http.MethodGet, "wallet.item.get", path("partitions/:partition/items/:item"), getItem},
	{http.MethodPut, "wallet.item.change", path("partitions/:partition/items/:item"), changeItem},
	{http.MethodDelete, "wallet.item.remove", path("partitions/:partition/items/:item"), removeItem},
	{http.MethodDelete, "wallet.account.delete", path("account"), deleteAccount},
	{http.MethodPost, "wallet.step-up.begin", path("step-up"), beginStepUp},
	{http.MethodPut, "wallet.step-up.complete", path("step-up"), completeStepUp},
	{http.MethodPost, "wallet.password.begin", path("password"), beginPassword},
	{http.MethodPut, "wallet.password.change", path("password"), changePassword},
	{http.MethodPut, "wallet.recovery.set", path("recovery"), setRecovery},
	{http.MethodDelete, "wallet.recovery.remove", path("recovery"), removeRecovery},
	{http.MethodDelete, "wallet.recovery.cancel", path("recovery/begun"), cancelRecovery},
	{http.MethodPut, "wallet.device.label", path("devices/:device"), labelDevice},
	{http.MethodGet, "wallet.represented.list", path("represented"), listRepresented},
	{http.MethodPut, "wallet.represented.set", path("represented/:represented"), putRepresented},
	{http.MethodDelete, "wallet.represented.remove", path("represented/:represented"), removeRepresented},
	{http.MethodPost, "wallet.proxy.ask", path("proxies/challenges"), askProxy},
	{http.MethodPost, "wallet.proxy.open", path("proxies"), openProxy},
	{http.MethodGet, "wallet.proxy.list", path("proxies"), listProxies},
	{http.MethodDelete, "wallet.proxy.close", path("proxies/:account"), closeProxy},
}

func path(text string) []string { return strings.Split(text, "/") }

func endSession(_ context.Context, w *walletCall) (int, any, error) {
	w.changes = []contents.Change{{EndSession: &w.session.Digest}}
	return http.StatusOK, struct{}{}, nil
}

func listAudit(ctx context.Context, w *walletCall) (int, any, error) {
	after, most, err := page(w.query)
	if err != nil {
		return 0, nil, err
	}
	list, err := w.Contents.Audit(ctx, w.session.Account, after, most)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, map[string]any{"entries": shownEntries(list)}, nil
}

// shownEntries are an audit's, as they are told.
func shownEntries(list []contents.Entry) []map[string]any {
	out := make([]map[string]any, len(list))
	for i, e := range list {
		out[i] = map[string]any{"n": e.N, "at": e.At, "action": e.Action, "requestId": e.RequestID, "result": e.Result, "hash": encode64(e.Hash[:])}
		for name, id := range map[string]*keys.ID{"by": e.By, "in": e.In} {
			if id != nil {
				out[i][name] = id
			}
		}
		if e.Decision != "" {
			out[i]["decision"] = e.Decision
		}
		if e.Admin != "" {
			out[i]["administrator"] = e.Admin
		}
		if e.Partition != nil {
			out[i]["partition"] = encode64(e.Partition[:])
		}
	}
	return out
}

// partition is the one that the path names; nil: none.
func (w *walletCall) partition() *keys.ID {
	id, err := w.id("partition")
	if err != nil {
		return nil
	}
	return &id
}

func listItems(ctx context.Context, w *walletCall) (int, any, error) {
	q, err := w.itemQuery()
	if err != nil {
		return 0, nil, err
	}
	list, err := w.Contents.Items(ctx, w.in, q)
	if err != nil {
		return 0, nil, err
	}
	out := make([]map[string]any, len(list))
	for i := range list {
		out[i] = shown(&list[i])
	}
	return http.StatusOK, map[string]any{"items": out}, nil
}

func (w *walletCall) itemQuery() (q contents.Query, err error) {
	if q.Partition, err = w.id("partition"); err != nil {
		return q, err
	}
	most, err := w.number("most", 100, 1, contents.MaxPage)
	if err != nil {
		return q, err
	}
	q.Most, q.Kind = int(most), w.query.Get("kind")
	if q.Kind != "" && !slices.Contains(contents.Kinds, q.Kind) {
		return q, contents.ErrKind
	}
	for name, to := range map[string]**keys.Tag{"tag": &q.Tag, "collection": &q.Collection} {
		if *to, err = tagQuery(name, w.query.Get(name)); err != nil {
			return q, err
		}
	}
	if after := w.query.Get("after"); after != "" {
		if q.After, err = readID("after", after); err != nil {
			return q, err
		}
	}
	return q, nil
}

func tagQuery(name, text string) (*keys.Tag, error) {
	if text == "" {
		return nil, nil
	}
	id, err := readID(name, text)
	if err != nil {
		return nil, err
	}
	t := keys.Tag(id)
	return &t, nil
}

func getItem(ctx context.Context, w *walletCall) (int, any, error) {
	partition, id, err := w.place()
	if err != nil {
		return 0, nil, err
	}
	i, err := w.Contents.Item(ctx, w.in, partition, id)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, shown(i), nil
}

// shown is an item as it is given back.
func shown(i *contents.Item) map[string]any {
	out := map[string]any{"id": encode64(i.ID[:]), "kind": i.Kind, "epoch": i.Epoch, "version": i.Version, "key": encode64(i.Sealed.Key), "content": encode64(i.Sealed.Content)}
	if i.Own != nil {
		out["own"] = encode64(i.Own[:])
	}
	if i.Collection != nil {
		out["collection"] = encode64(i.Collection[:])
	}
	return out
}

func addItem(_ context.Context, w *walletCall) (int, any, error) {
	partition, err := w.id("partition")
	if err != nil {
		return 0, nil, err
	}
	r, err := w.body()
	if err != nil {
		return 0, nil, err
	}
	i := r.item()
	i.Partition, i.ID, i.Version = partition, r.id("id"), 1
	return w.put(i, r, http.StatusCreated)
}

func changeItem(_ context.Context, w *walletCall) (int, any, error) {
	partition, id, err := w.place()
	if err != nil {
		return 0, nil, err
	}
	r, err := w.body()
	if err != nil {
		return 0, nil, err
	}
	i := r.item()
	i.Partition, i.ID, i.Version = partition, id, r.count("version")
	if i.Version == 1 {
		r.fault("version", "must be 2 or more: one more than the version before")
	}
	return w.put(i, r, http.StatusOK)
}

func (w *walletCall) put(i *contents.Item, r *memberReader, status int) (int, any, error) {
	if err := r.err(); err != nil {
		return 0, nil, err
	}
	w.changes = []contents.Change{{PutItem: i}}
	return status, map[string]any{"id": encode64(i.ID[:]), "version": i.Version}, nil
}

func removeItem(_ context.Context, w *walletCall) (int, any, error) {
	partition, id, err := w.place()
	if err != nil {
		return 0, nil, err
	}
	version, err := w.number("version", 0, 1, 1<<62)
	if err != nil {
		return 0, nil, err
	}
	w.changes = []contents.Change{{RemoveItem: &contents.Removal{Partition: partition, ID: id, Version: uint64(version)}}} //nolint:gosec // 1 or more
	return http.StatusOK, struct{}{}, nil
}

func (w *walletCall) place() (partition, id keys.ID, err error) {
	if partition, err = w.id("partition"); err != nil {
		return partition, id, err
	}
	id, err = w.id("item")
	return partition, id, err
}

// id is an id that the path names.
func (w *walletCall) id(name string) (keys.ID, error) { return readID(name, w.params[name]) }

func readID(name, text string) (id keys.ID, err error) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(b) != len(id) {
		return id, faulty(name, "must be 16 bytes in base64url without padding")
	}
	return keys.ID(b), nil
}

// number is one of the query; absent: otherwise, where that is allowed.
func (w *walletCall) number(name string, otherwise, least, most int64) (int64, error) {
	n := otherwise
	if text := w.query.Get(name); text != "" {
		var err error
		if n, err = strconv.ParseInt(text, 10, 64); err != nil {
			n = least - 1
		}
	}
	if n < least || n > most {
		return 0, faulty(name, "must be a whole number from %d to %d", least, most)
	}
	return n, nil
}

// item reads what add and change have in common.
func (m *memberReader) item() *contents.Item {
	i := &contents.Item{Kind: m.text("kind"), Epoch: m.count("epoch"), Own: m.tag("own"), Collection: m.tag("collection")}
	if i.Kind != "" && !slices.Contains(contents.Kinds, i.Kind) {
		m.fault("kind", "must be one of %s", strings.Join(contents.Kinds, ", "))
	}
	i.Sealed = keys.Sealed{Key: m.bytes("key", wrappedKey), Content: m.most("content", contents.MaxContent)}
	m.known["tags"] = true
	list, isList := m.object["tags"].([]any)
	if _, given := m.object["tags"]; given && (!isList || len(list) > contents.MaxTags) {
		m.fault("tags", "must be a list of at most %d", contents.MaxTags)
		return i
	}
	for n, each := range list {
		text, _ := each.(string)
		id, err := readID("", text)
		if err != nil {
			m.fault("tags/"+strconv.Itoa(n), "must be 16 bytes in base64url without padding")
		}
		i.Tags = append(i.Tags, keys.Tag(id))
	}
	return i
}

func (m *memberReader) id(name string) (id keys.ID) {
	if b := m.bytes(name, len(id)); len(b) == len(id) {
		return keys.ID(b)
	}
	return id
}

// tag is an optional one.
func (m *memberReader) tag(name string) *keys.Tag {
	m.known[name] = true
	if _, given := m.object[name]; !given {
		return nil
	}
	t := keys.Tag(m.id(name))
	return &t
}

// count is a whole number from 1.
func (m *memberReader) count(name string) uint64 {
	m.known[name] = true
	n, ok := m.object[name].(float64)
	if !ok || n < 1 || n > 1<<53 || n != float64(uint64(n)) {
		m.fault(name, "must be a whole number from 1")
		return 0
	}
	return uint64(n)
}

// most is a text of sealed bytes.
func (m *memberReader) most(name string, most int) []byte {
	before := len(m.faults)
	text := m.text(name)
	if len(m.faults) > before {
		return nil
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(b) < keys.Overhead || len(b) > most {
		m.fault(name, "must be %d to %d bytes in base64url without padding", keys.Overhead, most)
	}
	return b
}
