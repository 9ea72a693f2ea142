package session

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/bytemare/ecc"
	"github.com/bytemare/opaque"

	"github.com/procura-dev/procura/wallet/keys"
)

var update = flag.Bool("update", false, "write the vectors into docs/wallet.md")

const document = "../../docs/wallet.md"

func run(from byte, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = from + byte(i)
	}
	return b
}

// scalar is a number below the group's order.
func scalar(t *testing.T, b []byte) *ecc.Scalar {
	t.Helper()
	s := ecc.Ristretto255Sha512.NewScalar()
	if err := s.Decode(append(b[:31:31], 0)); err != nil {
		t.Fatal(err)
	}
	return s
}

// A documented registration and login: all that is random counts up.
type documented struct {
	t      *testing.T
	server *Server
	out    []map[string]string
}

func (d *documented) step(name string, members ...any) {
	d.t.Helper()
	step := map[string]string{"step": name}
	for i := 0; i < len(members); i += 2 {
		text, ok := members[i+1].(string)
		if !ok {
			text = hex.EncodeToString(members[i+1].([]byte))
		}
		step[members[i].(string)] = text
	}
	d.out = append(d.out, step)
}

func (d *documented) must(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

func (d *documented) secrets() {
	secrets := &Secrets{Generation: 1, OPRFSeed: run(0, 64), AKEKey: scalar(d.t, run(64, 32)).Encode(), Names: (*keys.Key)(run(96, 32)), Service: &keys.Key{}}
	server, err := NewServer(ann.Origin, []*Secrets{secrets}, []Profile{Newest})
	d.must(err)
	d.server = server
	public := ecc.Ristretto255Sha512.Base().Multiply(scalar(d.t, run(64, 32))).Encode()
	d.step("server", "oprf_seed", secrets.OPRFSeed, "server_private_key", secrets.AKEKey, "server_public_key", public,
		"names_key", secrets.Names[:], "credential_identifier", secrets.identifier("default", "ann"))
}

func (d *documented) register() Record {
	secret, err := password(typed)
	d.must(err)
	d.step("holder", "name", "ann", "tenant", "default", "origin", ann.Origin, "password", []byte(typed), "password_as_proved", secret,
		"client_identity", string(ann.identity()), "server_identity", string(ann.server(Newest)))
	blind := scalar(d.t, run(128, 32))
	client, err := opaque.NewClient(suite())
	d.must(err)
	request, err := client.RegistrationInit(secret, &opaque.ClientOptions{OPRFBlind: blind})
	d.must(err)
	response, _, err := d.server.Register("default", "ann", request.Serialize())
	d.must(err)
	read, err := client.Deserialize.RegistrationResponse(response)
	d.must(err)
	options := Newest.options()
	options.RegistrationEnvelopeNonce = run(160, 32)
	record, export, err := client.RegistrationFinalize(read, ann.identity(), ann.server(Newest), options)
	d.must(err)
	d.step("registration", "blind", blind.Encode(), "request", request.Serialize(), "response", response,
		"envelope_nonce", options.RegistrationEnvelopeNonce, "record", record.Serialize(), "export_key", export)
	return Record{1, Newest, record.Serialize()}
}

func (d *documented) login(r Record) {
	secret, err := password(typed)
	d.must(err)
	client, err := opaque.NewClient(suite())
	d.must(err)
	blind, ake := scalar(d.t, run(192, 32)), &opaque.AKEOptions{Nonce: run(1, 32), SecretKeyShareSeed: run(33, 32)}
	ke1, err := client.GenerateKE1(secret, &opaque.ClientOptions{OPRFBlind: blind, AKE: ake})
	d.must(err)
	ke2, theirs := d.answer(r, ke1.Serialize())
	read, err := client.Deserialize.KE2(ke2)
	d.must(err)
	ke3, session, export, err := client.GenerateKE3(read, ann.identity(), ann.server(Newest), Newest.options())
	d.must(err)
	if !(Expect{theirs.ClientMAC, theirs.SessionSecret}).Proves(ke3.Serialize()) || !bytes.Equal(session, theirs.SessionSecret) {
		d.t.Error("the two sides do not agree")
	}
	d.step("login", "blind", blind.Encode(), "client_nonce", ake.Nonce, "client_keyshare_seed", ake.SecretKeyShareSeed,
		"masking_nonce", run(65, 32), "server_nonce", run(97, 32), "server_keyshare_seed", run(129, 32),
		"KE1", ke1.Serialize(), "KE2", ke2, "KE3", ke3.Serialize(), "session_key", session, "export_key", export)
}

// answer is KE2 with what is random in it given.
func (d *documented) answer(r Record, ke1 []byte) ([]byte, *opaque.ServerOutput) {
	prover := d.server.using.Load().proving[proving{1, Newest}]
	asked, err := prover.Deserialize.KE1(ke1)
	d.must(err)
	kept, err := prover.Deserialize.RegistrationRecord(r.Bytes)
	d.must(err)
	ke2, out, err := prover.GenerateKE2(asked, &opaque.ClientRecord{
		RegistrationRecord: kept, CredentialIdentifier: d.server.using.Load().newest.identifier("default", "ann"), ClientIdentity: ann.identity(),
	}, &opaque.ServerOptions{MaskingNonce: run(65, 32), AKE: &opaque.AKEOptions{Nonce: run(97, 32), SecretKeyShareSeed: run(129, 32)}})
	d.must(err)
	return ke2.Serialize(), out
}

// typed is a password of which OpaqueString makes another text.
const typed = "pa\u0308ss\u00a0word"

// The document is for other languages: what it says is what we do.
func TestDocumentedVectors(t *testing.T) {
	t.Parallel()
	d := &documented{t: t}
	d.secrets()
	d.login(d.register())
	want, err := json.MarshalIndent(d.out, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, _ := strings.Cut(string(page), "```json\n")
	got, after, found := strings.Cut(rest, "\n```")
	switch {
	case !found:
		t.Fatalf("%s has no vectors", document)
	case got == string(want):
	case !*update:
		t.Fatalf("%s has other vectors than\n%s", document, want)
	default:
		if err := os.WriteFile(document, []byte(before+"```json\n"+string(want)+"\n```"+after), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
