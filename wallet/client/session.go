package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/procura-dev/procura/wallet/keys"
	"github.com/procura-dev/procura/wallet/session/channel"
)

// Do asks for one thing through the channel. path has no slash at its beginning
// and may have a query; body, where it is not nil, is sent as JSON, and the answer
// read into answer, where that is not nil. What the server refuses is a *[Problem].
func (s *Session) Do(ctx context.Context, method, path string, body, answer any) error {
	ask, err := request(method, path, body)
	if err != nil {
		return err
	}
	if s.in != nil {
		q, err := url.ParseQuery(ask.Query)
		if err != nil {
			return err
		}
		q.Set("in", text(*s.in))
		ask.Query = q.Encode()
	}
	return s.do(ctx, ask, answer)
}

// request is what is asked for, as it is said.
func request(method, path string, body any) (ask channel.Request, err error) {
	at, err := url.Parse("/" + path)
	if err != nil {
		return ask, err
	}
	ask = channel.Request{Method: method, Path: at.EscapedPath(), Query: at.RawQuery, RequestID: requestID()}
	if body != nil {
		ask.ContentType = "application/json"
		ask.Body, err = json.Marshal(body)
	}
	return ask, err
}

func (s *Session) do(ctx context.Context, ask channel.Request, answer any) error {
	got, err := s.patiently(ctx, ask)
	if err != nil {
		return err
	}
	if got.Status >= 300 {
		return problem(got.Status, got.Body)
	}
	if answer == nil {
		return nil
	}
	if err := json.Unmarshal(got.Body, answer); err != nil {
		return fmt.Errorf("%w: %w", ErrServer, err)
	}
	return nil
}

// patiently says again what got no answer, at longer and longer intervals.
func (s *Session) patiently(ctx context.Context, ask channel.Request) (channel.Answer, error) {
	const most = 2 * time.Second
	until := time.Now().Add(s.client.Patience)
	for wait := 50 * time.Millisecond; ; wait = min(2*wait, most) {
		got, err := s.Say(ctx, ask)
		if !errors.Is(err, ErrNoAnswer) || time.Now().Add(wait).After(until) {
			return got, err
		}
		select {
		case <-ctx.Done():
			return got, err
		case <-time.After(wait):
		}
	}
}

func requestID() string {
	id := keys.NewID()
	return fmt.Sprintf("%x", id[:])
}

// Say sends a request through the channel. To try one again that got no answer,
// say it again as it is: what it changes, it changes once.
func (s *Session) Say(ctx context.Context, ask channel.Request) (channel.Answer, error) {
	if s.guestOf != nil {
		return s.guestOf.Say(ctx, ask)
	}
	if s.closed {
		return channel.Answer{}, ErrClosed
	}
	s.seq++
	k := channel.Keys{SID: s.sid, Open: *s.open, C2S: *s.c2s, S2C: *s.s2c}
	defer k.Wipe()
	raw, pending := k.Ask(s.seq, ask)
	defer pending.Wipe()
	where := s.client.Origin + "/v1/t/" + url.PathEscape(s.client.Tenant) + "/wallet/channel"
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, where, bytes.NewReader(raw))
	if err != nil {
		return channel.Answer{}, err
	}
	request.Header.Set("Content-Type", "application/cbor")
	request.Header.Set("Procura-Session", k.Header())
	if raw, err = s.client.do(request); err != nil {
		return channel.Answer{}, err
	}
	a, err := pending.Read(raw)
	if err != nil {
		return a, fmt.Errorf("%w: %w", ErrServer, err)
	}
	return a, nil
}

// Open fetches the account and opens its root key.
func (s *Session) Open(ctx context.Context) (*Account, error) {
	var got struct {
		ID        b64
		Name      string
		Box, Sign b64
		Private   b64
		Root      struct {
			Generation uint64
			Opaque     b64
		}
		Recovery *RecoveryState
		Noticed  time.Time
	}
	if err := s.Do(ctx, http.MethodGet, "account", nil, &got); err != nil {
		return nil, err
	}
	if len(got.ID) != len(keys.ID{}) {
		return nil, ErrServer
	}
	a := &Account{Account: keys.Account{Tenant: s.client.Tenant, ID: keys.ID(got.ID)}, Name: got.Name, Recovery: got.Recovery, Noticed: got.Noticed}
	var err error
	if a.Root, err = keys.OpenSlot(a.Account, got.Root.Generation, keys.SlotOpaque, *s.under, got.Root.Opaque); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrServer, err)
	}
	if a.Identity, err = a.Root.OpenIdentity(got.Private); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrServer, err)
	}
	if box, sign := a.Identity.Public(); !bytes.Equal(box, got.Box) || !bytes.Equal(sign, got.Sign) {
		return nil, fmt.Errorf("%w: it says other public keys of the account", ErrServer)
	}
	return a, nil
}

// ErrClosed says that a session was closed here.
var ErrClosed = errors.New("this session is closed")

// Close ends the session, and forgets its keys, also where the server does not answer.
func (s *Session) Close(ctx context.Context) error {
	defer s.forget()
	return s.Do(ctx, http.MethodDelete, "session", nil, nil)
}

// forget overwrites what is secret of the session.
func (s *Session) forget() {
	if s.closed {
		return
	}
	s.closed = true
	for _, k := range []*keys.Key{s.open, s.c2s, s.s2c, s.under} {
		k.Free()
	}
}

// Format keeps the secret out of messages, in every form of them.
func (Session) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "[session]") }
