// Package client is a wallet's holder's side: it registers, logs in, and speaks
// through the channel. The password, what is made of it and the root key stay
// here; what a server says of Argon2id, names and places is checked, not believed.
package client

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/procura-dev/procura/wallet/keys"
	"github.com/procura-dev/procura/wallet/session"
)

// A Client talks to one tenant of one server.
type Client struct {
	Origin string       // of the server, as https://wallet.example: without a path
	Tenant string       // usually "default"
	HTTP   *http.Client // nil: http.DefaultClient

	// Patience is how long a session says again what got no answer, which is done
	// once all the same. Zero: it says it once.
	Patience time.Duration
}

// A Problem is what a server answers when it refuses (RFC 9457).
type Problem struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail"`
	Errors []struct {
		Path    string `json:"path"`
		Message string `json:"message"`
	} `json:"errors"` // what is wrong, member by member

	RetryAfter time.Duration `json:"-"` // when to come again; zero: it is not said
}

func (p *Problem) Error() string {
	text := cmp.Or(p.Detail, p.Title)
	for _, e := range p.Errors {
		text += "; " + e.Path + ": " + e.Message
	}
	return text
}

// Is compares the last part of the problem's type, as "name-taken".
func (p *Problem) Is(target error) bool {
	kind, ok := target.(Kind)
	return ok && p.Type[strings.LastIndex(p.Type, "/")+1:] == string(kind)
}

// A Kind is a problem to compare with by errors.Is: the last part of its type.
type Kind string

func (k Kind) Error() string { return string(k) }

// maxAnswer bounds what is read of an answer, in bytes.
const maxAnswer = 16 << 20

// call makes a call outside the channel.
func (c *Client) call(ctx context.Context, method, path string, body, answer any) error {
	raw, err := json.Marshal(body)
	if err != nil {
		return err
	}
	where := c.Origin + "/v1/t/" + url.PathEscape(c.Tenant) + "/wallet/" + path
	request, err := http.NewRequestWithContext(ctx, method, where, bytes.NewReader(raw))
	if err != nil {
		return err
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	raw, err = c.do(request)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(raw, answer); err != nil {
		return fmt.Errorf("%w: the answer of %s: %w", ErrServer, where, err)
	}
	return nil
}

// do returns the body of an answer, or the problem that it is.
func (c *Client) do(request *http.Request) ([]byte, error) {
	over := c.HTTP
	if over == nil {
		over = http.DefaultClient
	}
	got, err := over.Do(request)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoAnswer, err)
	}
	defer func() { _ = got.Body.Close() }()
	raw, err := io.ReadAll(io.LimitReader(got.Body, maxAnswer+1))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoAnswer, err)
	}
	if len(raw) > maxAnswer {
		return nil, errLarge
	}
	if got.StatusCode >= 300 {
		p := problem(got.StatusCode, raw)
		if seconds, err := strconv.ParseUint(got.Header.Get("Retry-After"), 10, 31); err == nil {
			p.RetryAfter = time.Duration(seconds) * time.Second
		}
		return nil, p
	}
	return raw, nil
}

func problem(status int, raw []byte) *Problem {
	p := &Problem{Status: status, Title: http.StatusText(status)}
	_ = json.Unmarshal(raw, p) // what is no problem document is one by its status
	p.Status = status
	return p
}

// A b64 is bytes in base64url without padding.
type b64 []byte

// MarshalText writes it.
func (b b64) MarshalText() ([]byte, error) {
	return base64.RawURLEncoding.AppendEncode(nil, b), nil
}

// UnmarshalText reads it.
func (b *b64) UnmarshalText(text []byte) (err error) {
	*b, err = base64.RawURLEncoding.Strict().AppendDecode(nil, text)
	return err
}

// What can become of a call beside a [*Problem].
var (
	// ErrServer says that a server answered what no server of ours does.
	ErrServer = errors.New("the server is not what it should be")
	// ErrNoAnswer says that no whole answer came: what was asked may be done or not.
	ErrNoAnswer = errors.New("no answer came")

	errLarge = fmt.Errorf("%w: its answer has more than %d MiB", ErrServer, maxAnswer>>20)
)

// offer asks what a server wants, and refuses what a client must not do.
func (c *Client) offer(ctx context.Context) ([]session.Profile, error) {
	profiles, _, err := c.offered(ctx)
	return profiles, err
}

func (c *Client) offered(ctx context.Context) (profiles []session.Profile, registration string, err error) {
	var o session.Offer
	if err := c.call(ctx, http.MethodGet, "opaque", nil, &o); err != nil {
		return nil, "", err
	}
	if o.Origin != c.Origin {
		return nil, "", fmt.Errorf("%w: it calls itself %q, and is called as %q", ErrServer, o.Origin, c.Origin)
	}
	profiles, err = session.ParseProfiles(o.Profiles)
	return profiles, o.Registration, err
}

// Registration asks who may register: [session.RegistrationOpen] and its like.
func (c *Client) Registration(ctx context.Context) (string, error) {
	_, registration, err := c.offered(ctx)
	return registration, err
}

func (c *Client) holder(name string) session.Holder {
	return session.Holder{Origin: c.Origin, Tenant: c.Tenant, Name: name}
}

// An Account is what a holder has after registering.
type Account struct {
	keys.Account
	Name     string // canonical
	Root     *keys.Root
	Identity *keys.Identity
	Recovery *RecoveryState // nil: there is no recovery code
	Noticed  time.Time      // when an administrator last did something in it; zero: never
}

// A RecoveryState is what there is of a recovery code.
type RecoveryState struct {
	Generation   uint64    // of the root key that it opens
	Begun, Ready time.Time // when somebody who has it began, and can complete it; zero: nobody did
}

// Register makes an account. The invitation is empty where registration is open.
func (c *Client) Register(ctx context.Context, name, password, invitation string) (*Account, error) {
	name, err := session.Canonical(name)
	if err != nil {
		return nil, err
	}
	profiles, err := c.offer(ctx)
	if err != nil {
		return nil, err
	}
	r, err := session.BeginRegistration(password)
	if err != nil {
		return nil, err
	}
	var begun struct {
		Ticket, Profile   string
		Response, Account b64
	}
	ask := map[string]any{"name": name, "request": b64(r.Request)}
	if invitation != "" {
		ask["invitation"] = invitation
	}
	if err := c.call(ctx, http.MethodPost, "registrations", ask, &begun); err != nil {
		return nil, err
	}
	if begun.Profile != profiles[0].String() || len(begun.Account) != len(keys.ID{}) {
		return nil, ErrServer
	}
	record, export, err := r.Finish(begun.Response, c.holder(name), profiles[0])
	if err != nil {
		return nil, err
	}
	a := &Account{Account: keys.Account{Tenant: c.Tenant, ID: keys.ID(begun.Account)}, Name: name}
	return a, c.complete(ctx, a, begun.Ticket, record, export)
}

// complete puts the record with the account's keys.
func (c *Client) complete(ctx context.Context, a *Account, ticket string, record, export []byte) error {
	a.Root = keys.NewRoot(a.Account)
	identity, err := keys.NewIdentity()
	if err != nil {
		return err
	}
	a.Identity = identity
	under := keys.UnderOpaque(export)
	defer under.Wipe()
	clear(export)
	box, sign := identity.Public()
	return c.call(ctx, http.MethodPut, "registrations/"+url.PathEscape(ticket), map[string]any{
		"record": b64(record), "root": b64(a.Root.Slot(keys.SlotOpaque, under)),
		"box": b64(box), "sign": b64(sign), "private": b64(a.Root.Identity(identity)),
	}, &struct{}{})
}
