package session

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/procura-dev/procura/wallet/keys"
)

var (
	noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	ann  = Holder{Origin: "https://wallet.example", Tenant: "default", Name: "ann"}
)

func newServer(t testing.TB, origin string, profiles ...Profile) *Server {
	t.Helper()
	s, err := NewServer(origin, []*Secrets{NewSecrets(1, noon)}, append(profiles, Newest))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func register(t testing.TB, s *Server, h Holder, secret string, p Profile) (Record, []byte) {
	t.Helper()
	r, err := BeginRegistration(secret)
	if err != nil {
		t.Fatal(err)
	}
	response, _, err := s.Register(h.Tenant, h.Name, r.Request)
	if err != nil {
		t.Fatal(err)
	}
	record, export, err := r.Finish(response, h, p)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Request) != RegistrationRequestSize || len(response) != RegistrationResponseSize || len(record) != RecordSize || len(export) != 64 {
		t.Errorf("lengths are %d, %d, %d, %d", len(r.Request), len(response), len(record), len(export))
	}
	return Record{1, p, record}, export
}

// login plays both sides. The server's answer passes through change.
func login(t testing.TB, s *Server, asked, h Holder, r Record, secret string, profiles ...Profile) (*Login, Expect, error) {
	t.Helper()
	l, err := BeginLogin(secret)
	if err != nil {
		t.Fatal(err)
	}
	ke2, expect, err := s.Login(asked.Tenant, asked.Name, r, l.KE1)
	if err != nil {
		t.Fatal(err)
	}
	if len(l.KE1) != KE1Size || len(ke2) != KE2Size {
		t.Errorf("lengths are %d, %d", len(l.KE1), len(ke2))
	}
	out, err := l.Finish(ke2, h, profiles)
	return out, expect, err
}

var older = Profile{Passes: 4, Memory: 64 << 10, Lanes: 4}

func TestLogin(t *testing.T) {
	t.Parallel()
	s := newServer(t, ann.Origin, older)
	for name, c := range map[string]struct {
		made     Profile
		announce []Profile
	}{
		"with the newest profile": {Newest, []Profile{Newest}},
		"with an older one":       {older, []Profile{Newest, older}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			record, export := register(t, s, ann, "correct horse", c.made)
			got, expect, err := login(t, s, ann, ann, record, "correct horse", c.announce...)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got.ExportKey, export) || got.Profile != c.made || len(got.KE3) != KE3Size {
				t.Errorf("export_key or profile is another: %v", got.Profile)
			}
			if !expect.Proves(got.KE3) || !bytes.Equal(expect.SessionKey, got.SessionKey) {
				t.Error("the two sides do not agree")
			}
		})
	}
}

func TestLoginsThatFail(t *testing.T) {
	t.Parallel()
	s := newServer(t, ann.Origin)
	record, _ := register(t, s, ann, "correct horse", Newest)
	ben, theirs, elsewhere := ann, ann, ann
	ben.Name, theirs.Tenant, elsewhere.Origin = "ben", "other", "https://evil.example"
	fake, err := s.FakeRecord()
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		asked, believed Holder
		record          Record
		secret          string
		profile         Profile
	}{
		"another password":               {ann, ann, record, "correct horsE", Newest},
		"a record under another name":    {ben, ben, record, "correct horse", Newest},
		"a record in another tenant":     {theirs, theirs, record, "correct horse", Newest},
		"the server takes another name":  {ben, ann, record, "correct horse", Newest},
		"the client is at another place": {ann, elsewhere, record, "correct horse", Newest},
		"another profile":                {ann, ann, record, "correct horse", older},
		"nobody of that name":            {ann, ann, fake, "correct horse", Newest},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, _, err := login(t, s, c.asked, c.believed, c.record, c.secret, c.profile); !errors.Is(err, ErrPassword) {
				t.Errorf("got %v", err)
			}
		})
	}
	t.Run("another server's record", func(t *testing.T) {
		t.Parallel()
		if _, _, err := login(t, newServer(t, ann.Origin), ann, ann, record, "correct horse", Newest); !errors.Is(err, ErrPassword) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("a record of secrets that are gone", func(t *testing.T) {
		t.Parallel()
		l, err := BeginLogin("x")
		if err != nil {
			t.Fatal(err)
		}
		old := record
		old.Generation = 7
		if _, _, err := s.Login("default", "ann", old, l.KE1); !errors.Is(err, ErrSecrets) {
			t.Errorf("got %v", err)
		}
		if err := s.CheckRecord(old); !errors.Is(err, ErrSecrets) {
			t.Errorf("got %v", err)
		}
	})
}

// What a server asks of a client's processor is for the client to agree to.
func TestClientsRefuseProfiles(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", "argon2id", "argon2id,3,65536", "argon2id,3,65536,4,1", "argon2i,3,65536,4", "argon2id,03,65536,4",
		"argon2id,2,65536,4", "argon2id,11,65536,4", "argon2id,3,65535,4", "argon2id,3,1048577,4", "argon2id,3,65536,3",
		"argon2id,3,65536,17", "argon2id,-3,65536,4", "argon2id,4294967299,65536,4", "argon2id, 3,65536,4",
	} {
		if p, err := ParseProfile(text); !errors.Is(err, ErrProfile) {
			t.Errorf("%q: got %v, %v", text, p, err)
		}
	}
	if got, err := ParseProfile(Newest.String()); err != nil || got != Newest {
		t.Errorf("got %v, %v", got, err)
	}
	four := []string{Newest.String(), Newest.String(), Newest.String(), Newest.String()}
	for _, texts := range [][]string{nil, four, {Newest.String(), "argon2id,1,8,1"}} {
		if _, err := ParseProfiles(texts); !errors.Is(err, ErrProfile) {
			t.Errorf("%q are taken: %v", texts, err)
		}
	}
	s := newServer(t, ann.Origin)
	record, _ := register(t, s, ann, "correct horse", Newest)
	for _, bad := range [][]Profile{nil, {{1, 8, 1}}, {{3, 1 << 30, 4}}, {Newest, Newest, Newest, Newest}} {
		if _, _, err := login(t, s, ann, ann, record, "correct horse", bad...); !errors.Is(err, ErrProfile) {
			t.Errorf("%v: got %v", bad, err)
		}
	}
	r, err := BeginRegistration("x")
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := r.Finish(make([]byte, RegistrationResponseSize), ann, Profile{1, 8, 1}); !errors.Is(err, ErrProfile) {
		t.Errorf("got %v", err)
	}
}

// identityElement is what multiplies to nothing: all that is computed of it is known.
var identityElement = make([]byte, 32)

func TestMessagesThatAreRefused(t *testing.T) {
	t.Parallel()
	s := newServer(t, ann.Origin)
	record, _ := register(t, s, ann, "correct horse", Newest)
	l, err := BeginLogin("correct horse")
	if err != nil {
		t.Fatal(err)
	}
	noPoint := bytes.Repeat([]byte{0xff}, 32)
	for name, request := range map[string][]byte{
		"nothing": nil, "short": make([]byte, 31), "long": make([]byte, 33), "no point": noPoint, "identity": identityElement,
	} {
		if _, _, err := s.Register("default", "ann", request); !errors.Is(err, ErrMessage) {
			t.Errorf("registration, %s: %v", name, err)
		}
	}
	for name, ke1 := range map[string][]byte{
		"nothing": nil, "short": l.KE1[:95], "long": append(bytes.Clone(l.KE1), 0),
		"no point": append(bytes.Clone(noPoint), l.KE1[32:]...), "identity": append(bytes.Clone(identityElement), l.KE1[32:]...),
		"no key share": append(bytes.Clone(l.KE1[:64]), noPoint...), "identity as key share": append(bytes.Clone(l.KE1[:64]), identityElement...),
	} {
		if _, _, err := s.Login("default", "ann", record, ke1); !errors.Is(err, ErrMessage) {
			t.Errorf("KE1, %s: %v", name, err)
		}
	}
	for name, b := range map[string][]byte{
		"nothing": nil, "short": record.Bytes[:191], "no point": append(bytes.Clone(noPoint), record.Bytes[32:]...),
		"identity": append(bytes.Clone(identityElement), record.Bytes[32:]...),
	} {
		if err := s.CheckRecord(Record{1, Newest, b}); !errors.Is(err, ErrMessage) {
			t.Errorf("record, %s: %v", name, err)
		}
	}
}

// Of the server's answer every byte counts, and it answers one KE1 alone.
func TestServersAnswersThatAreRefused(t *testing.T) {
	t.Parallel()
	s := newServer(t, ann.Origin)
	record, _ := register(t, s, ann, "correct horse", Newest)
	begin := func() (*LoggingIn, []byte) {
		l, err := BeginLogin("correct horse")
		if err != nil {
			t.Fatal(err)
		}
		ke2, _, err := s.Login("default", "ann", record, l.KE1)
		if err != nil {
			t.Fatal(err)
		}
		return l, ke2
	}
	for i := 0; i < KE2Size; i += 16 {
		l, ke2 := begin()
		ke2[i] ^= 1
		if _, err := l.Finish(ke2, ann, []Profile{Newest}); err == nil {
			t.Errorf("byte %d changed: logged in", i)
		}
	}
	_, theirs := begin()
	for name, ke2 := range map[string][]byte{"of another login": theirs, "short": theirs[:319], "nothing": nil, "identity": append(bytes.Clone(identityElement), theirs[32:]...)} {
		l, _ := begin()
		if _, err := l.Finish(ke2, ann, []Profile{Newest}); err == nil {
			t.Errorf("%s: logged in", name)
		}
	}
}

func TestKE3ThatIsRefused(t *testing.T) {
	t.Parallel()
	s := newServer(t, ann.Origin)
	record, _ := register(t, s, ann, "correct horse", Newest)
	one, expect, err := login(t, s, ann, ann, record, "correct horse", Newest)
	if err != nil {
		t.Fatal(err)
	}
	_, other, err := login(t, s, ann, ann, record, "correct horse", Newest)
	if err != nil {
		t.Fatal(err)
	}
	changed := bytes.Clone(one.KE3)
	changed[0] ^= 1
	if expect.Proves(changed) || expect.Proves(nil) || expect.Proves(one.KE3[:63]) || other.Proves(one.KE3) {
		t.Error("another KE3 proves the password")
	}
	if (Expect{}).Proves(nil) || (Expect{}).Proves([]byte{}) {
		t.Error("nothing proves nothing")
	}
}

func TestTickets(t *testing.T) {
	t.Parallel()
	s, other := newServer(t, ann.Origin), newServer(t, ann.Origin)
	want := LoginTicket{Tenant: "default", Account: keys.NewID(), Version: 3, MAC: []byte{1}, Key: []byte{2}}
	text := s.SealLogin(want, noon)
	got, err := s.OpenLogin(text, "default", noon.Add(LoginTime-time.Second))
	want.Expires = noon.Add(LoginTime).Unix()
	if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %+v, %v", got, err)
	}
	_, registration := s.SealRegistration("default", "ann", 1, noon)
	r, err := s.OpenRegistration(registration, "default", noon)
	if err != nil || r.Name != "ann" || r.Generation != 1 {
		t.Errorf("got %+v, %v", r, err)
	}
	if _, again := s.SealRegistration("default", "ann", 1, noon); registration == again {
		t.Error("two tickets are one")
	}
	for name, try := range map[string]func() error{
		"expired":            func() error { _, err := s.OpenLogin(text, "default", noon.Add(LoginTime)); return err },
		"another tenant's":   func() error { _, err := s.OpenLogin(text, "other", noon); return err },
		"another server's":   func() error { _, err := other.OpenLogin(text, "default", noon); return err },
		"of another purpose": func() error { _, err := s.OpenLogin(registration, "default", noon); return err },
		"and the other way":  func() error { _, err := s.OpenRegistration(text, "default", noon); return err },
		"changed":            func() error { _, err := s.OpenLogin(text[:30]+"A"+text[31:], "default", noon); return err },
		"of no generation":   func() error { _, err := s.OpenLogin("AAAACQ"+text[6:], "default", noon); return err },
		"with a line's end":  func() error { _, err := s.OpenLogin(text+"\n", "default", noon); return err },
		"with other letters": func() error {
			_, err := s.OpenLogin(text[:len(text)-1]+string(text[len(text)-1]+1), "default", noon)
			return err
		},
		"empty": func() error { _, err := s.OpenLogin("", "default", noon); return err },
		"long":  func() error { _, err := s.OpenLogin(strings.Repeat("A", 1<<20), "default", noon); return err },
		"late registration": func() error {
			_, err := s.OpenRegistration(registration, "default", noon.Add(RegistrationTime))
			return err
		},
		"registration of another tenant": func() error { _, err := s.OpenRegistration(registration, "other", noon); return err },
	} {
		if err := try(); !errors.Is(err, ErrTicket) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// Of a name that nobody has a ticket is as long as of one whose password was
// changed ever so often: its length tells nothing.
func TestTicketsAreOfOneLength(t *testing.T) {
	t.Parallel()
	s := newServer(t, ann.Origin)
	want := LoginTicket{Tenant: "default", Version: 1, MAC: make([]byte, 64), Key: make([]byte, 64)}
	nobody := len(s.SealLogin(want, noon))
	for _, version := range []Counted{0, 23, 24, 255, 256, 1 << 16, 1 << 32, 1<<64 - 1} {
		of := want
		of.Account, of.Version, of.Device, of.Renew = keys.NewID(), version, keys.NewID(), true
		of.Guess = GuessID{Key: [32]byte(keys.New()), ID: keys.NewID()}
		text := s.SealLogin(of, noon)
		if len(text) != nobody {
			t.Errorf("version %d: %d bytes, of nobody %d", version, len(text), nobody)
		}
		if got, err := s.OpenLogin(text, "default", noon); err != nil || got.Version != version {
			t.Errorf("version %d came back as %d, %v", version, got.Version, err)
		}
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"Ann": "ann", "ann@example.org": "ann@example.org", "Ｊörg": "jörg", "J\u00f6rg": "jörg", "Jo\u0308rg": "jörg"} {
		if got, err := Canonical(name); err != nil || got != want {
			t.Errorf("%q: got %q, %v, want %q", name, got, err, want)
		}
	}
	for _, name := range []string{"", "a b", "a\x00b", "a\n", "\u200bann", strings.Repeat("a", 129), strings.Repeat("a", 1<<20), "\xff", "a\u202eb"} {
		if got, err := Canonical(name); !errors.Is(err, ErrName) {
			t.Errorf("%q: got %q, %v", name, got, err)
		}
	}
	for _, bad := range []string{"", "\x00", "a\tb"} {
		if _, err := BeginLogin(bad); err == nil {
			t.Errorf("the password %q is taken", bad)
		}
	}
}

func TestSecretsComeBack(t *testing.T) {
	t.Parallel()
	want := NewSecrets(2, time.Time{}) // when they began stands beside them
	got, err := ReadSecrets(2, want.Bytes())
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("others came back: %v", err)
	}
	for _, b := range [][]byte{nil, want.Bytes()[1:], append(want.Bytes(), 0)} {
		if _, err := ReadSecrets(2, b); err == nil {
			t.Errorf("%d bytes are read", len(b))
		}
	}
}

func TestWait(t *testing.T) {
	t.Parallel()
	at := func(n int, apart time.Duration) (out []time.Time) {
		for i := range n {
			out = append(out, noon.Add(-time.Duration(n-1-i)*apart))
		}
		return out
	}
	for name, c := range map[string]struct {
		spent []time.Time
		want  time.Duration
	}{
		"none":                           {nil, 0},
		"nine at once":                   {at(9, 0), 0},
		"ten at once":                    {at(10, 0), guessWindow},
		"ten in ten minutes":             {at(11, time.Minute), 6 * time.Minute},
		"ten, the first 15 minutes ago":  {at(10, 100*time.Second), 0},
		"99 in a day":                    {at(99, 10*time.Minute), 0},
		"100 in a day, one just now":     {at(100, 10*time.Minute), guessWindow},
		"100 in a day, none for a while": {at(100, 10*time.Minute)[:99:99], 0},
	} {
		if got := Wait(c.spent, noon); got != c.want {
			t.Errorf("%s: got %s, want %s", name, got, c.want)
		}
	}
	old := make([]time.Time, guessesInDay)
	for i := range old {
		old[i] = noon.Add(-time.Hour)
	}
	if got := Wait(old, noon); got != 0 {
		t.Errorf("100 an hour ago: got %s, want one now", got)
	}
	if got := Wait(append(old, noon.Add(-time.Minute)), noon); got != 14*time.Minute {
		t.Errorf("101, the last a minute ago: got %s", got)
	}
}

func TestSecretsDoNotPrint(t *testing.T) {
	t.Parallel()
	s := NewSecrets(3, noon)
	for _, text := range []string{fmt.Sprintf("%v %+v %#v", s, s, s), s.LogValue().String()} {
		if strings.Trim(text, "[secrt 3]") != "" {
			t.Errorf("secrets print as %s", text)
		}
	}
}

func FuzzServer(f *testing.F) {
	s := newServer(f, ann.Origin)
	record, _ := register(f, s, ann, "correct horse", Newest)
	l, err := BeginLogin("x")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(l.KE1)
	f.Add(record.Bytes)
	f.Add(identityElement)
	f.Fuzz(func(t *testing.T, b []byte) {
		_, _, _ = s.Register("default", "ann", b)
		_, _, _ = s.Login("default", "ann", record, b)
		if r := (Record{1, Newest, b}); s.CheckRecord(r) == nil {
			if _, _, err := s.Login("default", "ann", r, l.KE1); err != nil {
				t.Errorf("a record that was taken cannot be used: %v", err)
			}
		}
		if _, err := s.OpenLogin(string(b), "default", noon); err == nil {
			t.Error("a ticket that we did not seal opens")
		}
	})
}
