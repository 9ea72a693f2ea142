package session

import (
	"cmp"
	"crypto/hmac"
	"fmt"
	"maps"
	"slices"
	"sync/atomic"
	"time"

	"github.com/bytemare/ecc"
	"github.com/bytemare/opaque"

	"github.com/procura-dev/procura/wallet/keys"
)

// A Server proves passwords. It is safe for concurrent use.
type Server struct {
	origin   string
	profiles []Profile // newest first
	using    atomic.Pointer[generations]
}

// generations are the secrets that records may be of.
type generations struct {
	secrets map[uint32]*Secrets
	newest  *Secrets // that anything new is made under
	proving map[proving]*opaque.Server
}

// proving is what one prover is for: its identity is the profile's.
type proving struct {
	generation uint32
	profile    Profile
}

// NewServer makes one for an origin, with every generation of its secrets that a
// record may be of, and every profile that one may have been made with, the
// newest first. What is new is made under the newest.
func NewServer(origin string, secrets []*Secrets, profiles []Profile) (*Server, error) {
	if len(profiles) == 0 {
		return nil, ErrSecrets
	}
	s := &Server{origin: origin, profiles: profiles}
	return s, s.use(secrets, func(*Secrets) bool { return true })
}

// Use takes up the generations that there are now. One that began less than
// [SettleTime] ago is known, and nothing is made under it yet.
func (s *Server) Use(secrets []*Secrets, now time.Time) error {
	return s.use(secrets, func(each *Secrets) bool { return !now.Before(each.Begun.Add(SettleTime)) })
}

func (s *Server) use(secrets []*Secrets, settled func(*Secrets) bool) error {
	g := &generations{secrets: map[uint32]*Secrets{}}
	sorted := slices.SortedFunc(slices.Values(secrets), func(a, b *Secrets) int { return cmp.Compare(a.Generation, b.Generation) })
	for _, each := range sorted {
		g.secrets[each.Generation] = each
		if g.newest == nil || settled(each) {
			g.newest = each
		}
	}
	if g.newest == nil {
		return ErrSecrets
	}
	if s.using.Load().same(g) {
		return nil
	}
	g.keep()
	err := g.prove(s.origin, s.profiles)
	if err == nil {
		s.using.Store(g)
	}
	return err
}

// same reports whether two are of the same generations.
func (g *generations) same(other *generations) bool {
	return g != nil && g.newest.Generation == other.newest.Generation &&
		maps.EqualFunc(g.secrets, other.secrets, func(a, b *Secrets) bool { return a.Generation == b.Generation })
}

// keep puts copies in the place of the secrets that were given: they stay as long
// as the program, for requests may be at work with those of an earlier generation.
func (g *generations) keep() {
	for generation, given := range g.secrets {
		g.secrets[generation] = given.kept()
	}
	g.newest = g.secrets[g.newest.Generation]
}

// prove makes what proves passwords, for each generation and profile.
func (g *generations) prove(origin string, profiles []Profile) (err error) {
	g.proving = map[proving]*opaque.Server{}
	for _, each := range g.secrets {
		for _, p := range profiles {
			if g.proving[proving{each.Generation, p}], err = prover(each, Holder{Origin: origin}.server(p)); err != nil {
				return fmt.Errorf("secrets %d: %w", each.Generation, err)
			}
		}
	}
	return nil
}

// profile is that of new registrations.
func (s *Server) profile() Profile { return s.profiles[0] }

func prover(s *Secrets, identity []byte) (*opaque.Server, error) {
	private := ecc.Ristretto255Sha512.NewScalar()
	if err := private.Decode(s.AKEKey); err != nil {
		return nil, fmt.Errorf("the AKE key: %w", err)
	}
	out, err := opaque.NewServer(suite())
	if err != nil {
		return nil, err
	}
	return out, out.SetKeyMaterial(&opaque.ServerKeyMaterial{
		PrivateKey: private, PublicKeyBytes: ecc.Ristretto255Sha512.Base().Multiply(private).Encode(),
		OPRFGlobalSeed: s.OPRFSeed, Identity: identity,
	})
}

// Service is the key that sessions of a generation are sealed with.
func (s *Server) Service(generation uint32) (keys.Key, bool) {
	secrets, ok := s.using.Load().secrets[generation]
	if !ok {
		return keys.Key{}, false
	}
	return *secrets.Service, true
}

// Register answers a registration for a name, which must be canonical and free,
// under the generation that it returns: one password is tried with each answer.
func (s *Server) Register(tenant, name string, request []byte) (response []byte, generation uint32, err error) {
	g := s.using.Load()
	prover := g.proving[proving{g.newest.Generation, s.profile()}]
	m, err := prover.Deserialize.RegistrationRequest(request)
	if err != nil {
		return nil, 0, ErrMessage
	}
	answer, err := prover.RegistrationResponse(m, g.newest.identifier(tenant, name), nil)
	if err != nil {
		return nil, 0, ErrMessage
	}
	return answer.Serialize(), g.newest.Generation, nil
}

// A Record is what a server keeps of a registration.
type Record struct {
	Generation uint32
	Profile    Profile
	Bytes      []byte // RecordSize
}

// FakeRecord makes one that nobody registered, for names that nobody has.
func (s *Server) FakeRecord() (Record, error) {
	fake, err := suite().GetFakeRecord([]byte("fake"))
	if err != nil {
		return Record{}, err
	}
	return Record{s.using.Load().newest.Generation, s.profile(), fake.Serialize()}, nil
}

// CheckRecord reports whether a client sent what can be a record, else [ErrMessage].
func (s *Server) CheckRecord(r Record) error {
	prover, ok := s.using.Load().proving[proving{r.Generation, r.Profile}]
	if !ok {
		return ErrSecrets
	}
	if _, err := prover.Deserialize.RegistrationRecord(r.Bytes); err != nil {
		return ErrMessage
	}
	return nil
}

// Login answers KE1 of somebody who says that they are name: KE2, and what the
// ticket holds until KE3 comes.
func (s *Server) Login(tenant, name string, r Record, ke1 []byte) (ke2 []byte, expect Expect, err error) {
	g := s.using.Load()
	prover, ok := g.proving[proving{r.Generation, r.Profile}]
	if !ok {
		return nil, Expect{}, fmt.Errorf("generation %d, %s: %w", r.Generation, r.Profile, ErrSecrets)
	}
	m, err := prover.Deserialize.KE1(ke1)
	if err != nil {
		return nil, Expect{}, ErrMessage
	}
	record, err := prover.Deserialize.RegistrationRecord(r.Bytes)
	if err != nil {
		return nil, Expect{}, fmt.Errorf("the record that is kept: %w", err)
	}
	answer, out, err := prover.GenerateKE2(m, &opaque.ClientRecord{
		RegistrationRecord:   record,
		CredentialIdentifier: g.secrets[r.Generation].identifier(tenant, name),
		ClientIdentity:       Holder{Tenant: tenant, Name: name}.identity(),
	})
	if err != nil {
		return nil, Expect{}, ErrMessage
	}
	return answer.Serialize(), Expect{out.ClientMAC, out.SessionSecret}, nil
}

// An Expect is what KE3 must be, and the session key that it proves. It must not
// be used before.
type Expect struct {
	MAC        []byte
	SessionKey []byte
}

// Proves compares in constant time. The same KE3 proves as often as it is
// sent: a caller takes each ticket once.
func (e Expect) Proves(ke3 []byte) bool {
	return len(e.MAC) == KE3Size && hmac.Equal(e.MAC, ke3)
}
