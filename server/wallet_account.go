package server

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/procura-dev/procura/wallet/contents"
	"github.com/procura-dev/procura/wallet/keys"
	"github.com/procura-dev/procura/wallet/session"
)

func getAccount(ctx context.Context, w *walletCall) (int, any, error) {
	a, err := w.Store.Account(ctx, w.session.Account)
	if err != nil {
		return 0, nil, err
	}
	r, err := w.Store.Recovery(ctx, w.session.Account)
	if err != nil {
		return 0, nil, err
	}
	out := map[string]any{
		"id": encode64(a.ID[:]), "name": a.Name, "begun": stamped(a.Begun), "version": a.Version,
		"root": map[string]any{"generation": a.Root.Generation, "opaque": encode64(a.Root.Sealed)},
		"box":  encode64(a.Public.Box), "sign": encode64(a.Public.Sign), "private": encode64(a.Private),
	}
	if r != nil {
		out["recovery"] = shownRecovery(r)
	}
	told, err := w.kept.LastTold(ctx, w.session.Account)
	if err != nil {
		return 0, nil, err
	}
	if !told.IsZero() {
		out["noticed"] = stamped(told)
	}
	return http.StatusOK, out, nil
}

// shownRecovery is what a session is told of the recovery code's slot.
func shownRecovery(r *session.Recovery) map[string]any {
	out := map[string]any{"generation": r.Root.Generation}
	if !r.Begun.IsZero() {
		out["begun"], out["ready"] = stamped(r.Begun), stamped(r.Ready())
	}
	return out
}

// beginStepUp answers KE1 of the session's holder, for one request of it.
func beginStepUp(ctx context.Context, w *walletCall) (int, any, error) {
	r, err := w.body()
	if err != nil {
		return 0, nil, err
	}
	ke1, action := r.bytes("ke1", session.KE1Size), r.digest("request")
	if err := r.err(); err != nil {
		return 0, nil, err
	}
	ke2, ticket, err := w.StepUp(ctx, w.session, action, ke1)
	if err != nil {
		return 0, nil, walletError(err)
	}
	return http.StatusOK, map[string]any{"ke2": encode64(ke2), "ticket": ticket}, nil
}

func completeStepUp(_ context.Context, w *walletCall) (int, any, error) {
	r, err := w.body()
	if err != nil {
		return 0, nil, err
	}
	ticket, ke3 := r.text("ticket"), r.bytes("ke3", session.KE3Size)
	if err := r.err(); err != nil {
		return 0, nil, err
	}
	s, err := w.SteppedUp(w.session, ticket, ke3, w.now)
	if err != nil {
		return 0, nil, err
	}
	w.account(contents.AccountChange{StepUp: s})
	return http.StatusOK, map[string]any{"until": stamped(s.Until)}, nil
}

// account adds a change of the account itself.
func (w *walletCall) account(c contents.AccountChange) {
	w.changes = append(w.changes, contents.Change{Account: &c})
}

// stepped reports whether the password was proved again for just this request; if
// so, that is used up by it.
func (w *walletCall) stepped(ctx context.Context) (bool, error) {
	digest := w.request.Digest()
	there, err := w.Contents.SteppedUp(ctx, w.session.Digest, digest, w.now)
	if there {
		w.proved = &digest
	}
	return there, err
}

func beginPassword(ctx context.Context, w *walletCall) (int, any, error) {
	r, err := w.body()
	if err != nil {
		return 0, nil, err
	}
	request := r.bytes("request", session.RegistrationRequestSize)
	if err := r.err(); err != nil {
		return 0, nil, err
	}
	next, err := w.Replace(ctx, w.session, request)
	if err != nil {
		return 0, nil, walletError(err)
	}
	return http.StatusOK, shownReplacing(next), nil
}

func shownReplacing(r *session.Replacing) map[string]any {
	return map[string]any{"response": encode64(r.Response), "ticket": r.Ticket, "profile": r.Profile, "version": r.Version}
}

func changePassword(ctx context.Context, w *walletCall) (int, any, error) {
	m, err := w.body()
	if err != nil {
		return 0, nil, err
	}
	ticket, record, root := m.text("ticket"), m.bytes("record", session.RecordSize), m.root()
	renewal, err := w.renewal(ctx, m, root.Generation)
	if err = errors.Join(err, m.err()); err != nil {
		return 0, nil, err
	}
	r, err := w.Replaced(w.session, ticket, record, root, w.now)
	if err != nil {
		return 0, nil, err
	}
	w.account(contents.AccountChange{Password: &contents.PasswordChange{Replacement: *r, Compromised: renewal}})
	return http.StatusOK, map[string]any{"version": r.Version + 1}, nil
}

// root is the root key in a slot, and its generation.
func (m *memberReader) root() session.RootSlot {
	return session.RootSlot{Generation: m.count("generation"), Sealed: m.bytes("root", session.RootSize)}
}

func (m *memberReader) digest(name string) (d [32]byte) {
	copy(d[:], m.bytes(name, len(d)))
	return d
}

// maxRenewed bounds the epochs of a renewal.
const maxRenewed = 4096

// renewal is the new keys of an account whose password others knew; nil: none did.
func (w *walletCall) renewal(ctx context.Context, m *memberReader, root uint64) (*contents.Renewal, error) {
	r := m.member("compromised")
	if r == nil {
		return nil, nil
	}
	modes, err := w.modes(ctx)
	if err != nil {
		return nil, err
	}
	out := &contents.Renewal{
		Public:  session.PublicKeys{Box: r.bytes("box", keys.Size), Sign: r.bytes("sign", keys.Size)},
		Private: r.bytes("private", session.PrivateSize),
	}
	for _, each := range r.list("partitions", maxRenewed) {
		p := contents.Partition{ID: each.id("id"), Epoch: each.count("epoch"), Root: root, Key: each.bytes("key", wrappedKey)}
		if p.Mode = modes[p.ID]; each.given("serve") {
			w.give(&p, each.key("serve"))
		}
		out.Partitions = append(out.Partitions, p)
		m.take("compromised/partitions", each)
	}
	m.take("compromised", r)
	return out, nil
}

// modes are the partitions' modes.
func (w *walletCall) modes(ctx context.Context) (map[keys.ID]string, error) {
	list, err := w.Contents.Partitions(ctx, w.session.Account)
	out := map[keys.ID]string{}
	for _, p := range list {
		out[p.ID] = p.Mode
	}
	return out, err
}

func setRecovery(_ context.Context, w *walletCall) (int, any, error) {
	r, err := w.body()
	if err != nil {
		return 0, nil, err
	}
	set := &session.Recovery{Root: r.root(), Proof: r.digest("proof")}
	if err := r.err(); err != nil {
		return 0, nil, err
	}
	w.account(contents.AccountChange{Recovery: set})
	return http.StatusOK, struct{}{}, nil
}

func removeRecovery(_ context.Context, w *walletCall) (int, any, error) {
	w.account(contents.AccountChange{DropRecovery: true})
	return http.StatusOK, struct{}{}, nil
}

func cancelRecovery(_ context.Context, w *walletCall) (int, any, error) {
	w.account(contents.AccountChange{CancelRecovery: true})
	return http.StatusOK, struct{}{}, nil
}

func listDevices(ctx context.Context, w *walletCall) (int, any, error) {
	list, err := w.Store.Devices(ctx, w.session.Account)
	if err != nil {
		return 0, nil, err
	}
	out := make([]map[string]any, len(list))
	for i, d := range list {
		out[i] = map[string]any{"id": encode64(d.ID[:]), "begun": stamped(d.Begun), "last": stamped(d.Last), "this": d.ID == w.session.Device}
		if d.Label != nil {
			out[i]["label"] = encode64(d.Label)
		}
	}
	return http.StatusOK, map[string]any{"devices": out}, nil
}

func labelDevice(_ context.Context, w *walletCall) (int, any, error) {
	id, err := w.id("device")
	if err != nil {
		return 0, nil, err
	}
	r, err := w.body()
	if err != nil {
		return 0, nil, err
	}
	label := &contents.Label{Device: id, Sealed: r.most("label", session.LabelSize)}
	if err := r.err(); err != nil {
		return 0, nil, err
	}
	w.account(contents.AccountChange{Label: label})
	return http.StatusOK, struct{}{}, nil
}

func removeDevice(_ context.Context, w *walletCall) (int, any, error) {
	id, err := w.id("device")
	if err != nil {
		return 0, nil, err
	}
	w.changes = append(w.changes, contents.Change{RemoveDevice: &id})
	return http.StatusOK, struct{}{}, nil
}

// deleteAccount deletes everything; nobody can take the name for a while.
func deleteAccount(_ context.Context, w *walletCall) (int, any, error) {
	w.account(contents.AccountChange{Delete: w.now.Add(session.BlockedTime)})
	return http.StatusOK, struct{}{}, nil
}

// recover begins a recovery, or says how far one is (outside the channel: who has
// lost the password has no session).
func (s *Server) recoverAccount(c *gin.Context) error {
	r, err := readMembers(c)
	if err != nil {
		return err
	}
	name, auth, request := r.text("name"), r.digest("auth"), r.bytes("request", session.RegistrationRequestSize)
	if err := r.err(); err != nil {
		return err
	}
	if _, err := s.logins.count(allKE1{}); err != nil {
		return err
	}
	far, err := s.cfg.Wallets.Recover(c.Request.Context(), c.Param("tenant"), name, auth, request)
	if err != nil {
		return walletError(err)
	}
	answer := gin.H{"account": encode64(far.Account.ID[:]), "ready": far.Ready.UTC().Format(time.RFC3339)}
	if far.Next == nil {
		return write(c, http.StatusAccepted, answer)
	}
	for name, value := range shownReplacing(far.Next) {
		answer[name] = value
	}
	answer["generation"], answer["root"] = far.Root.Generation, encode64(far.Root.Sealed)
	return write(c, http.StatusOK, answer)
}

func (s *Server) completeRecovery(c *gin.Context) error {
	r, err := readMembers(c)
	if err != nil {
		return err
	}
	auth, record, root := r.digest("auth"), r.bytes("record", session.RecordSize), r.root()
	if err := r.err(); err != nil {
		return err
	}
	if err := s.cfg.Wallets.Recovered(c.Request.Context(), c.Param("tenant"), c.Param("ticket"), auth, record, root); err != nil {
		return walletError(err)
	}
	return write(c, http.StatusOK, gin.H{})
}
