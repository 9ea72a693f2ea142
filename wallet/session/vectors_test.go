package session

import (
	"bytes"
	"crypto"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"testing"

	"github.com/bytemare/ecc"
	"github.com/bytemare/opaque"
)

const published = "../../../shared/conformance/opaque/vectors.json"

// A vector is one of RFC 9807's, hex but for config's names.
type vector struct {
	Config  map[string]string `json:"config"`
	Inputs  map[string]string `json:"inputs"`
	Outputs map[string]string `json:"outputs"`
}

func (v vector) in(t *testing.T, name string) []byte { t.Helper(); return unhex(t, v.Inputs[name]) }

func unhex(t *testing.T, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	if len(b) == 0 {
		return nil // an identity that is absent, not an empty one
	}
	return b
}

func (v vector) want(t *testing.T, name string, got []byte) {
	t.Helper()
	if want := unhex(t, v.Outputs[name]); !bytes.Equal(got, want) {
		t.Errorf("%s: got %x, want %x", name, got, want)
	}
}

// groups are those that the library has; the RFC's third, curve25519, is not.
var groups = map[string]struct {
	group ecc.Group
	id    opaque.Group
	hash  crypto.Hash
}{
	"ristretto255":              {ecc.Ristretto255Sha512, opaque.RistrettoSha512, crypto.SHA512},
	"P256_XMD:SHA-256_SSWU_RO_": {ecc.P256Sha256, opaque.P256Sha256, crypto.SHA256},
}

// TestPublishedVectors plays those of RFC 9807, appendix C, the fake ones included.
func TestPublishedVectors(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile(published)
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("the published vectors of OPAQUE are not here")
	}
	if err != nil {
		t.Fatal(err)
	}
	var all []vector
	if err := json.Unmarshal(raw, &all); err != nil {
		t.Fatal(err)
	}
	played := 0
	for _, v := range all {
		if _, ok := groups[v.Config["Group"]]; !ok {
			continue
		}
		played++
		t.Run(v.Config["Group"]+" fake "+v.Config["Fake"], func(t *testing.T) {
			t.Parallel()
			p := player{t: t, vector: v, group: groups[v.Config["Group"]].group}
			of := groups[v.Config["Group"]]
			p.config = &opaque.Configuration{Context: unhex(t, v.Config["Context"]), KDF: of.hash, MAC: of.hash, Hash: of.hash, OPRF: of.id, AKE: of.id}
			p.play()
		})
	}
	if played != 6 {
		t.Errorf("%d vectors played, want 6", played)
	}
}

// A player plays one.
type player struct {
	vector
	t      *testing.T
	group  ecc.Group
	config *opaque.Configuration
	server *opaque.Server
}

func (p *player) scalar(name string) *ecc.Scalar {
	p.t.Helper()
	s := p.group.NewScalar()
	if err := s.Decode(p.in(p.t, name)); err != nil {
		p.t.Fatal(name, err)
	}
	return s
}

func (p *player) play() {
	t := p.t
	t.Helper()
	var err error
	if p.server, err = p.config.Server(); err != nil {
		t.Fatal(err)
	}
	if err := p.server.SetKeyMaterial(&opaque.ServerKeyMaterial{
		PrivateKey: p.scalar("server_private_key"), PublicKeyBytes: p.in(t, "server_public_key"),
		OPRFGlobalSeed: p.in(t, "oprf_seed"), Identity: p.in(t, "server_identity"),
	}); err != nil {
		t.Fatal(err)
	}
	if p.Config["Fake"] == "True" {
		p.fake()
		return
	}
	p.login(p.register())
}

func (p *player) fake() {
	t := p.t
	t.Helper()
	record := append(p.in(t, "client_public_key"), p.in(t, "masking_key")...)
	envelope := make([]byte, 32+p.config.MAC.Size())
	p.respond(p.in(t, "KE1"), append(record, envelope...))
}

func (p *player) register() (record []byte) {
	t := p.t
	t.Helper()
	client, err := p.config.Client()
	if err != nil {
		t.Fatal(err)
	}
	request, err := client.RegistrationInit(p.in(t, "password"), &opaque.ClientOptions{OPRFBlind: p.scalar("blind_registration")})
	if err != nil {
		t.Fatal(err)
	}
	p.want(t, "registration_request", request.Serialize())
	response, err := p.server.RegistrationResponse(request, p.in(t, "credential_identifier"), nil)
	if err != nil {
		t.Fatal(err)
	}
	p.want(t, "registration_response", response.Serialize())
	made, export, err := client.RegistrationFinalize(response, p.in(t, "client_identity"), p.in(t, "server_identity"), &opaque.ClientOptions{RegistrationEnvelopeNonce: p.in(t, "envelope_nonce")})
	if err != nil {
		t.Fatal(err)
	}
	p.want(t, "export_key", export)
	p.want(t, "registration_upload", made.Serialize())
	return made.Serialize()
}

func (p *player) login(record []byte) {
	t := p.t
	t.Helper()
	client, err := p.config.Client()
	if err != nil {
		t.Fatal(err)
	}
	ke1, err := client.GenerateKE1(p.in(t, "password"), &opaque.ClientOptions{
		OPRFBlind: p.scalar("blind_login"), AKE: &opaque.AKEOptions{Nonce: p.in(t, "client_nonce"), SecretKeyShareSeed: p.in(t, "client_keyshare_seed")},
	})
	if err != nil {
		t.Fatal(err)
	}
	p.want(t, "KE1", ke1.Serialize())
	out := p.respond(ke1.Serialize(), record)
	ke2, err := client.Deserialize.KE2(unhex(t, p.Outputs["KE2"]))
	if err != nil {
		t.Fatal(err)
	}
	ke3, session, export, err := client.GenerateKE3(ke2, p.in(t, "client_identity"), p.in(t, "server_identity"))
	if err != nil {
		t.Fatal(err)
	}
	p.want(t, "KE3", ke3.Serialize())
	p.want(t, "session_key", session)
	p.want(t, "export_key", export)
	p.want(t, "session_key", out.SessionSecret)
	p.want(t, "KE3", out.ClientMAC)
}

func (p *player) respond(ke1, record []byte) *opaque.ServerOutput {
	t := p.t
	t.Helper()
	asked, err := p.server.Deserialize.KE1(ke1)
	if err != nil {
		t.Fatal(err)
	}
	kept, err := p.server.Deserialize.RegistrationRecord(record)
	if err != nil {
		t.Fatal(err)
	}
	ke2, out, err := p.server.GenerateKE2(asked, &opaque.ClientRecord{
		RegistrationRecord: kept, CredentialIdentifier: p.in(t, "credential_identifier"), ClientIdentity: p.in(t, "client_identity"),
	}, &opaque.ServerOptions{
		MaskingNonce: p.in(t, "masking_nonce"), AKE: &opaque.AKEOptions{Nonce: p.in(t, "server_nonce"), SecretKeyShareSeed: p.in(t, "server_keyshare_seed")},
	})
	if err != nil {
		t.Fatal(err)
	}
	p.want(t, "KE2", ke2.Serialize())
	return out
}
