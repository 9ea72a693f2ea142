package session

import (
	"crypto/hmac"
	"fmt"

	"github.com/bytemare/ecc"
	"github.com/bytemare/opaque"

	"github.com/procura-dev/procura/wallet/keys"
)

// A Server proves passwords. It is safe for concurrent use.
type Server struct {
	secrets map[uint32]*Secrets
	newest  *Secrets
	profile Profile // of new registrations
	proving map[proving]*opaque.Server
}

// proving is what one prover is for: its identity is the profile's.
type proving struct {
	generation uint32
	profile    Profile
}

// NewServer makes one for an origin, with every generation of its secrets that a
// record may be of, and every profile that one may have been made with, the
// newest first.
func NewServer(origin string, secrets []*Secrets, profiles []Profile) (*Server, error) {
	if len(secrets) == 0 || len(profiles) == 0 {
		return nil, ErrSecrets
	}
	s := &Server{secrets: map[uint32]*Secrets{}, proving: map[proving]*opaque.Server{}, profile: profiles[0]}
	for _, each := range secrets {
		s.secrets[each.Generation] = each
		if s.newest == nil || each.Generation > s.newest.Generation {
			s.newest = each
		}
		for _, p := range profiles {
			prover, err := prover(each, Holder{Origin: origin}.server(p))
			if err != nil {
				return nil, fmt.Errorf("secrets %d: %w", each.Generation, err)
			}
			s.proving[proving{each.Generation, p}] = prover
		}
	}
	return s, nil
}

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
	secrets, ok := s.secrets[generation]
	if !ok {
		return keys.Key{}, false
	}
	return secrets.Service, true
}

// Register answers a registration for a name, which must be canonical and free:
// one password is tried with each answer.
func (s *Server) Register(tenant, name string, request []byte) (response []byte, err error) {
	prover := s.proving[proving{s.newest.Generation, s.profile}]
	m, err := prover.Deserialize.RegistrationRequest(request)
	if err != nil {
		return nil, ErrMessage
	}
	answer, err := prover.RegistrationResponse(m, s.newest.identifier(tenant, name), nil)
	if err != nil {
		return nil, ErrMessage
	}
	return answer.Serialize(), nil
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
	return Record{s.newest.Generation, s.profile, fake.Serialize()}, nil
}

// CheckRecord reports whether a client sent what can be a record, else [ErrMessage].
func (s *Server) CheckRecord(r Record) error {
	prover, ok := s.proving[proving{r.Generation, r.Profile}]
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
	prover, ok := s.proving[proving{r.Generation, r.Profile}]
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
		CredentialIdentifier: s.secrets[r.Generation].identifier(tenant, name),
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
