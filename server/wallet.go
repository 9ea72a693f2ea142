package server

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/procura-dev/procura/verifier"
	"github.com/procura-dev/procura/verifier/vc"
	"github.com/procura-dev/procura/wallet/contents"
	"github.com/procura-dev/procura/wallet/session"
)

// Wallets keeps what wallets need.
type Wallets interface {
	session.Store
	contents.Store
	contents.Administration

	// WalletSecrets returns what the server proves passwords with, the newest
	// generation first. Where there is none it keeps first, and fake beside it;
	// of several processes one does.
	WalletSecrets(ctx context.Context, first *session.Secrets, fake session.Record) ([]*session.Secrets, error)

	// Generations returns every generation, the newest first.
	Generations(ctx context.Context) ([]*session.Secrets, error)

	// AddSecrets adds the next generation, else session.ErrSecretsChanged.
	AddSecrets(ctx context.Context, next *session.Secrets) error

	// SecretsInUse says what hangs on each generation, the newest first.
	SecretsInUse(ctx context.Context, now time.Time) ([]session.SecretsUse, error)

	// RetireSecrets removes a generation that is not the newest, if nothing hangs on
	// it, else session.ErrSecretsUsed. fake, of the newest, is from then on what a
	// name that nobody has is answered by.
	RetireSecrets(ctx context.Context, generation uint32, fake session.Record, now time.Time) error
}

// A WalletOffer is who may have a wallet here.
type WalletOffer struct {
	Origin       string            // where clients find the server, as they write it: no path
	Registration map[string]string // by tenant: open or invitation; none: closed
	Profiles     []session.Profile // newest first; nil: [session.Newest]
	Names        [32]byte          // key of the digests of names, the same for all processes of a database
}

// OpenWallets makes what registers holders, logs them in and serves them.
func OpenWallets(ctx context.Context, store Wallets, offer WalletOffer, now func() time.Time) (*Wallet, error) {
	profiles := offer.Profiles
	if profiles == nil {
		profiles = []session.Profile{session.Newest}
	}
	if offer.Names == ([32]byte{}) {
		return nil, errors.New("wallets need a key of the digests of names")
	}
	first := session.NewSecrets(1, now())
	alone, err := session.NewServer(offer.Origin, []*session.Secrets{first}, profiles)
	if err != nil {
		return nil, err
	}
	fake, err := alone.FakeRecord()
	if err != nil {
		return nil, err
	}
	secrets, err := store.WalletSecrets(ctx, first, fake)
	if err != nil {
		return nil, fmt.Errorf("the wallets' secrets: %w", err)
	}
	defer wipe(append(secrets, first))
	s, err := session.NewServer(offer.Origin, secrets, profiles)
	if err != nil {
		return nil, err
	}
	if err := s.Use(secrets, now()); err != nil {
		return nil, err
	}
	accounts := &session.Accounts{Store: store, Server: s, Origin: offer.Origin, Profiles: profiles, Registration: offer.Registration, Names: offer.Names, Now: now}
	return &Wallet{accounts, store, store, &standings{}}, nil
}

// Load takes up the generations of secrets that there are now.
func (w *Wallet) Load(ctx context.Context) error {
	all, err := w.kept.Generations(ctx)
	if err != nil {
		return err
	}
	defer wipe(all)
	return w.Server.Use(all, w.Now())
}

// wipe overwrites secrets of which a server has copies.
func wipe(all []*session.Secrets) {
	for _, each := range all {
		each.Wipe()
	}
}

// RotateSecrets adds a generation of the wallets' secrets. What is new is made
// under it as soon as every process has heard of it.
func RotateSecrets(ctx context.Context, store Wallets, now time.Time) (uint32, error) {
	all, err := store.Generations(ctx)
	if err != nil {
		return 0, err
	}
	if len(all) == 0 {
		return 0, session.ErrSecrets
	}
	next := session.NewSecrets(all[0].Generation+1, now)
	return next.Generation, store.AddSecrets(ctx, next)
}

// RetireSecrets removes a generation on which nothing hangs any more.
func RetireSecrets(ctx context.Context, store Wallets, generation uint32, now time.Time) error {
	all, err := store.Generations(ctx)
	if err != nil {
		return err
	}
	s, err := session.NewServer("", all, []session.Profile{session.Newest})
	if err != nil {
		return err
	}
	if err := s.Use(all, now); err != nil {
		return err
	}
	fake, err := s.FakeRecord()
	if err != nil {
		return err
	}
	if fake.Generation <= generation { // or processes make what is new under it still
		return session.ErrSecretsUsed
	}
	return store.RetireSecrets(ctx, generation, fake, now)
}

func (s *Server) getWalletOffer(c *gin.Context) error {
	return write(c, http.StatusOK, s.cfg.Wallets.Offer(c.Param("tenant")))
}

func (s *Server) beginRegistration(c *gin.Context) error {
	r, err := readMembers(c)
	if err != nil {
		return err
	}
	name, invitation, request := r.text("name"), r.optional("invitation"), r.bytes("request", session.RegistrationRequestSize)
	if err := r.err(); err != nil {
		return err
	}
	if _, err := s.logins.count(allKE1{}); err != nil {
		return err
	}
	b, err := s.cfg.Wallets.Begin(c.Request.Context(), c.Param("tenant"), name, invitation, request)
	if err != nil {
		return walletError(err)
	}
	return write(c, http.StatusCreated, gin.H{
		"ticket": b.Ticket, "response": encode64(b.Response), "account": encode64(b.Account[:]), "profile": b.Profile,
	})
}

func (s *Server) completeRegistration(c *gin.Context) error {
	r, err := readMembers(c)
	if err != nil {
		return err
	}
	done := session.Completion{
		Record:  r.bytes("record", session.RecordSize),
		Root:    session.RootSlot{Generation: 1, Sealed: r.bytes("root", session.RootSize)},
		Public:  session.PublicKeys{Box: r.bytes("box", 32), Sign: r.bytes("sign", 32)},
		Private: r.bytes("private", session.PrivateSize),
	}
	if err := r.err(); err != nil {
		return err
	}
	id, err := s.cfg.Wallets.Complete(c.Request.Context(), c.Param("tenant"), c.Param("ticket"), done)
	if err != nil {
		return walletError(err)
	}
	return write(c, http.StatusCreated, gin.H{"account": encode64(id[:])})
}

// allKE1 is whose limit all logins, registrations and recoveries share: each costs
// the server half a millisecond.
type allKE1 struct{}

func (s *Server) beginLogin(c *gin.Context) error {
	r, err := readMembers(c)
	if err != nil {
		return err
	}
	name, device, ke1 := r.text("name"), r.optional("device"), r.bytes("ke1", session.KE1Size)
	if err := r.err(); err != nil {
		return err
	}
	if _, err := s.logins.count(allKE1{}); err != nil {
		return err
	}
	ke2, ticket, err := s.cfg.Wallets.Login(c.Request.Context(), c.Param("tenant"), name, device, ke1)
	if err != nil {
		return walletError(err)
	}
	return write(c, http.StatusOK, gin.H{"ke2": encode64(ke2), "ticket": ticket})
}

func (s *Server) completeLogin(c *gin.Context) error {
	r, err := readMembers(c)
	if err != nil {
		return err
	}
	ticket, ke3 := r.text("ticket"), r.bytes("ke3", session.KE3Size)
	if err := r.err(); err != nil {
		return err
	}
	begun, err := s.cfg.Wallets.Prove(c.Request.Context(), c.Param("tenant"), ticket, ke3)
	if err != nil {
		return walletError(err)
	}
	answer := gin.H{"idleUntil": stamped(begun.Idle), "until": stamped(begun.Until)}
	if begun.Device != "" {
		answer["device"] = begun.Device
	}
	if begun.Renew {
		answer["renew"] = true
	}
	return write(c, http.StatusCreated, answer)
}

func stamped(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func encode64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// walletError gives a spent budget the form that Retry-After is made of.
func walletError(err error) error {
	if many, ok := errors.AsType[*session.TooMany](err); ok {
		return &tooMany{after: many.After}
	}
	return err
}

// A memberReader reads a small object, and gathers what is wrong with it.
type memberReader struct {
	object map[string]any
	known  map[string]bool
	faults []verifier.Fault
}

func readMembers(c *gin.Context) (*memberReader, error) {
	tree, _, err := readJSON(c)
	if err != nil {
		return nil, err
	}
	object, ok := tree.(map[string]any)
	if !ok {
		return nil, faulty("", "must be an object")
	}
	return &memberReader{object: object, known: map[string]bool{}}, nil
}

func (m *memberReader) fault(name, format string, args ...any) {
	m.faults = append(m.faults, verifier.Fault{Path: "/" + name, Message: fmt.Sprintf(format, args...)})
}

// optional is a text that may be absent.
func (m *memberReader) optional(name string) string {
	m.known[name] = true
	v, ok := m.object[name]
	text, isText := v.(string)
	if ok && !isText {
		m.fault(name, "must be a string")
	}
	return text
}

func (m *memberReader) text(name string) string {
	text := m.optional(name)
	if _, ok := m.object[name]; !ok {
		m.fault(name, "is missing")
	}
	return text
}

// bytes is a text of so many bytes in base64url without padding.
func (m *memberReader) bytes(name string, size int) []byte {
	before := len(m.faults)
	text := m.text(name)
	if len(m.faults) > before {
		return nil
	}
	b, ok := vc.DecodeBase64(text)
	if !ok || len(b) != size {
		m.fault(name, "must be %d bytes in base64url without padding", size)
	}
	return b
}

// given reports whether there is a member of a name.
func (m *memberReader) given(name string) bool {
	_, there := m.object[name]
	return there
}

// member is an object that may be absent.
func (m *memberReader) member(name string) *memberReader {
	m.known[name] = true
	v, given := m.object[name]
	if !given {
		return nil
	}
	object, ok := v.(map[string]any)
	if !ok {
		m.fault(name, "must be an object")
	}
	return &memberReader{object: object, known: map[string]bool{}}
}

// list is a list of at most so many objects.
func (m *memberReader) list(name string, most int) (out []*memberReader) {
	m.known[name] = true
	list, ok := m.object[name].([]any)
	if !ok || len(list) > most {
		m.fault(name, "must be a list of at most %d", most)
		return nil
	}
	for _, each := range list {
		object, ok := each.(map[string]any)
		if !ok {
			m.fault(name, "must have objects alone")
		}
		out = append(out, &memberReader{object: object, known: map[string]bool{}})
	}
	return out
}

// take adds what is wrong with a member of it.
func (m *memberReader) take(name string, r *memberReader) {
	if invalid, ok := errors.AsType[*verifier.Invalid](r.err()); ok {
		for _, f := range invalid.Faults {
			m.fault(name+f.Path, "%s", f.Message)
		}
	}
}

// err is what is wrong, unknown members among it.
func (m *memberReader) err() error {
	for name := range m.object {
		if !m.known[name] {
			m.fault(name, "is not a member that is read here")
		}
	}
	if len(m.faults) == 0 {
		return nil
	}
	return &verifier.Invalid{Faults: m.faults}
}
