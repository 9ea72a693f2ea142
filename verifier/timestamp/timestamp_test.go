package timestamp

import (
	"crypto/sha256"
	"crypto/x509/pkix"
	"encoding/asn1"
	"slices"
	"strings"
	"testing"
	"time"
)

var (
	now  = time.Now().UTC().Truncate(time.Second) // a token says besides when it was signed, by the machine's clock
	data = []byte("header.payload.signature")
)

func authority(t testing.TB, from, until time.Time) *Authority {
	t.Helper()
	a, err := NewAuthority(from, until)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func (a *Authority) stamped(t testing.TB, at time.Time) []byte {
	t.Helper()
	token, err := a.Stamp(data, at)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func roots(t testing.TB, a *Authority) *Roots {
	t.Helper()
	r, err := ReadRoots(a.Roots())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestReadTellsByWhen(t *testing.T) {
	t.Parallel()
	a := authority(t, now.Add(-time.Hour), now.Add(time.Hour))
	s, err := roots(t, a).Read(a.stamped(t, now.Add(-time.Minute)), now)
	if err != nil {
		t.Fatal(err)
	}
	if want := (Stamp{SHA256: sha256.Sum256(data), At: now.Add(-59 * time.Second)}); s != want {
		t.Errorf("got %+v, want %+v: the token's time and its accuracy", s, want)
	}
}

// usage is the extension of a certificate's purposes.
func usage(t testing.TB, critical bool, purposes ...asn1.ObjectIdentifier) pkix.Extension {
	t.Helper()
	value, err := asn1.Marshal(purposes)
	if err != nil {
		t.Fatal(err)
	}
	return pkix.Extension{Id: extensionKeyUsage, Critical: critical, Value: value}
}

func TestReadRefuses(t *testing.T) {
	t.Parallel()
	from, until, made := now.Add(-time.Hour), now.Add(time.Hour), now.Add(-time.Minute)
	stamping, serving := asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 3, 8}, asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 3, 1}
	good := authority(t, from, until)
	for name, c := range map[string]struct {
		by    *Authority // and whose root is listed, unless roots is set
		roots *Roots
		made  time.Time
		read  time.Time // zero: now
		alter func(token []byte) []byte
	}{
		"a root that is not listed":         {by: authority(t, from, until), roots: roots(t, good), made: made},
		"no roots":                          {by: good, roots: &Roots{}, made: made},
		"a certificate that has ended":      {by: good, made: made, read: until.Add(time.Second)},
		"a certificate that had not begun":  {by: good, made: from.Add(-time.Second)},
		"the future":                        {by: good, made: now.Add(2 * time.Minute)},
		"a certificate without the purpose": {by: purposed(t, from, until), made: made},
		"a certificate for servers":         {by: purposed(t, from, until, usage(t, true, serving)), made: made},
		"a certificate for servers, too":    {by: purposed(t, from, until, usage(t, true, stamping, serving)), made: made},
		"a purpose that is not critical":    {by: purposed(t, from, until, usage(t, false, stamping)), made: made},
		"a token of another text":           {by: good, made: made, alter: changed},
		"half a token":                      {by: good, made: made, alter: func(b []byte) []byte { return b[:len(b)/2] }},
		"a token with something after":      {by: good, made: made, alter: func(b []byte) []byte { return append(b, make([]byte, MaxToken)...) }},
		"nothing":                           {by: good, made: made, alter: func([]byte) []byte { return nil }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			token, listed := c.by.stamped(t, c.made), c.roots
			if c.alter != nil {
				token = c.alter(slices.Clone(token))
			}
			if listed == nil {
				listed = roots(t, c.by)
			}
			if c.read.IsZero() {
				c.read = now
			}
			if s, err := listed.Read(token, c.read); err == nil {
				t.Errorf("read as %+v", s)
			}
		})
	}
}

func purposed(t testing.TB, from, until time.Time, extensions ...pkix.Extension) *Authority {
	t.Helper()
	a, err := newAuthority(from, until, extensions...)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// changed puts another digest where the token has that of the data.
func changed(token []byte) []byte {
	sum := sha256.Sum256(data)
	token[strings.Index(string(token), string(sum[:]))]++
	return token
}

func TestReadRootsRefuses(t *testing.T) {
	t.Parallel()
	a := authority(t, now, now.Add(time.Hour))
	for name, raw := range map[string]string{
		"nothing":       "",
		"another thing": strings.ReplaceAll(string(a.Roots()), "CERTIFICATE", "PUBLIC KEY"),
		"no DER":        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
	} {
		if _, err := ReadRoots([]byte(raw)); err == nil {
			t.Errorf("%s: read", name)
		}
	}
	if _, err := ReadRoots(append(a.Roots(), a.Roots()...)); err != nil {
		t.Errorf("two certificates: %v", err)
	}
}

// Whatever a token is, reading ends, and what is read has a digest that somebody
// listed signed.
func FuzzRead(f *testing.F) {
	a := authority(f, now.Add(-time.Hour), now.Add(time.Hour))
	token, r := a.stamped(f, now), roots(f, a)
	f.Add(token)
	f.Add(token[:200])
	f.Add([]byte{0x30, 0x80, 0x30, 0x80, 0, 0})
	f.Fuzz(func(t *testing.T, raw []byte) {
		if s, err := r.Read(raw, now); err == nil && s.SHA256 != sha256.Sum256(data) {
			t.Fatalf("read as %+v", s)
		}
	})
}
