package client

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"testing"

	"github.com/procura-dev/procura/wallet/keys"
	"github.com/procura-dev/procura/wallet/session/channel"
)

// A server, or who speaks for it, that has a proxy sign what lets another session
// act, or what another server asked, gets no signature.
func TestAskProxyRefusesNonces(t *testing.T) {
	t.Parallel()
	own, err := keys.NewIdentity()
	if err != nil {
		t.Fatal(err)
	}
	other, err := keys.NewIdentity()
	if err != nil {
		t.Fatal(err)
	}
	box, _ := own.Public()
	foreign, _ := other.Public()
	var nonce, domain string
	random := [32]byte{1}
	s := speaking(t, func(channel.Request) channel.Answer {
		body, err := json.Marshal(map[string]any{"nonce": nonce, "domain": domain, "ticket": "t", "random": b64(random[:])})
		if err != nil {
			t.Error(err)
		}
		return channel.Answer{Status: 201, Body: body}
	})
	made := func(random [32]byte, sid channel.SID, box []byte, more int) string {
		n := channel.GuardianNonce(random, sid, box)
		return base64.RawURLEncoding.EncodeToString(append(n[:], make([]byte, more)...))
	}
	good := made(random, s.sid, box, 16)
	for name, c := range map[string]struct {
		nonce, domain string
		want          error
	}{
		"for this session":      {good, s.client.Origin, nil},
		"for another server":    {good, "https://evil.example", ErrChallenge},
		"of another session":    {made(random, channel.SID{9}, box, 16), s.client.Origin, ErrChallenge},
		"of another holder":     {made(random, s.sid, foreign, 16), s.client.Origin, ErrChallenge},
		"of other random bytes": {made([32]byte{2}, s.sid, box, 16), s.client.Origin, ErrChallenge},
		"without its MAC":       {made(random, s.sid, box, 0), s.client.Origin, ErrChallenge},
		"with more behind":      {made(random, s.sid, box, 17), s.client.Origin, ErrChallenge},
		"a verifier's":          {base64.RawURLEncoding.EncodeToString(make([]byte, 32)), s.client.Origin, ErrChallenge},
		"with padding":          {good + "=", s.client.Origin, ErrChallenge},
	} {
		nonce, domain = c.nonce, c.domain
		if _, err := s.AskProxy(t.Context(), &Account{Identity: own}, &ProxyQuestion{}); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", name, err, c.want)
		}
	}
}
