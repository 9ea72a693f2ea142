// Package fetch gets over HTTPS what a document names: a DID document, a
// status list. Whoever wrote the document chose the URL, so nothing here
// trusts it.
//
// A host name is looked up once, all its addresses must be public, and the
// connection goes to an address that was checked: an answer that changes later
// changes nothing (DNS rebinding). There is no proxy, no redirect, no cookie,
// no decompression; size and time are bounded. That the URL may be fetched at
// all is for the caller to decide before.
package fetch

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"mime"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"
)

// A Config says what a Client may reach beside public addresses.
type Config struct {
	Allow []Allowance  // at most one a host and port
	Log   *slog.Logger // says why a fetch failed; nil: discard

	// Got is told of each body that was taken, also by several at once; nil:
	// nobody is.
	Got func(url string, body []byte)
}

// A Client fetches. It is safe for concurrent use. It holds no connection open.
type Client struct {
	allow   map[string]Allowance // by authority, as authority() writes it
	log     *slog.Logger
	got     func(url string, body []byte) // may be nil
	lookup  func(ctx context.Context, host string) ([]netip.Addr, error)
	rates   rates
	slots   chan struct{}
	connect func(ctx context.Context, to netip.AddrPort) (net.Conn, error)
	limits  limits
	http    *http.Client
}

// limits are how long each part of a fetch may take.
type limits struct {
	connect, handshake, header, total time.Duration
}

// concurrent bounds the fetches under way, those of all hosts together.
const concurrent = 64

// New makes a Client.
func New(cfg Config) *Client {
	c := &Client{
		allow: map[string]Allowance{}, log: cfg.Log, got: cfg.Got, slots: make(chan struct{}, concurrent),
		limits: limits{connect: 3 * time.Second, handshake: 3 * time.Second, header: 3 * time.Second, total: 6 * time.Second},
	}
	c.lookup = func(ctx context.Context, host string) ([]netip.Addr, error) {
		// The dot keeps the machine's search domains out.
		return new(net.Resolver).LookupNetIP(ctx, "ip", host+".")
	}
	c.connect = func(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
		return (&net.Dialer{Timeout: c.limits.connect / 2}).DialContext(ctx, "tcp", to.String())
	}
	for _, a := range cfg.Allow {
		c.allow[authority(a.Host)] = a
	}
	if c.log == nil {
		c.log = slog.New(slog.DiscardHandler)
	}
	c.http = &http.Client{
		Transport:     c.transport(),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return c
}

func (c *Client) transport() *http.Transport {
	only := new(http.Protocols)
	only.SetHTTP1(true)
	return &http.Transport{
		DialContext: func(context.Context, string, string) (net.Conn, error) {
			return nil, errors.New("only https is fetched")
		},
		DialTLSContext:         c.dialTLS,
		DisableKeepAlives:      true,
		DisableCompression:     true,
		ResponseHeaderTimeout:  c.limits.header,
		MaxResponseHeaderBytes: 16 << 10,
		Protocols:              only,
	}
}

// Allows reports whether the operator allows a host, as a URL has it.
func (c *Client) Allows(host string) bool {
	_, ok := c.allow[authority(host)]
	return ok
}

// A Request is what to get.
type Request struct {
	URL    string   // https, a host name, no user, no fragment
	Accept []string // media types that the answer may have, the one wanted first
	Max    int64    // bytes of the body
	ETag   string   // of the answer that the caller has; empty: none
}

// A Response is an answer of 200 or, where an ETag was given, 304.
type Response struct {
	Body        []byte // nil where NotModified
	ETag        string // empty: none, or a weak or long one
	NotModified bool
	At          time.Time // when it was asked for
	Life        Life
}

// Get fetches. An error is an *[Error], or ctx's.
func (c *Client) Get(ctx context.Context, r Request) (*Response, error) {
	u, err := checked(r.URL)
	if err != nil {
		return nil, &Error{Why: "the URL is not one that is fetched", cause: err}
	}
	ctx, cancel := context.WithTimeout(ctx, c.limits.total)
	defer cancel()
	if err := c.enter(ctx, u.Host); err != nil {
		return nil, &Error{Why: "too much is being fetched", cause: err}
	}
	defer func() { <-c.slots }()
	response, err := c.get(ctx, u, r)
	if e, ok := errors.AsType[*Error](err); ok {
		c.log.Warn("fetching failed", "host", u.Host, "why", e.Why, "cause", e.cause)
	}
	if err == nil && c.got != nil && !response.NotModified {
		c.got(r.URL, response.Body)
	}
	return response, err
}

// checked reads a URL of the one shape that is fetched.
func checked(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return nil, err
	case u.Scheme != "https" || u.Opaque != "" || u.User != nil || u.Fragment != "" || !strings.HasPrefix(u.Path, "/"):
		return nil, errors.New("not an https URL without user and fragment")
	}
	return u, CheckHost(u.Host)
}

// enter waits for its turn: at the host, and among all fetches.
func (c *Client) enter(ctx context.Context, host string) error {
	if err := c.rates.of(authority(host)).Wait(ctx); err != nil {
		return err
	}
	select {
	case c.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (c *Client) get(ctx context.Context, u *url.URL, r Request) (*Response, error) {
	request := (&http.Request{Method: http.MethodGet, URL: u, Host: u.Host, Header: http.Header{
		"Accept":          {strings.Join(r.Accept, ", ")},
		"Accept-Encoding": {"identity"},
		"User-Agent":      {"procura"},
	}}).WithContext(ctx)
	if r.ETag != "" {
		request.Header.Set("If-None-Match", r.ETag)
	}
	at := time.Now()
	answer, err := c.http.Do(request)
	if err != nil {
		// One sentence for every way in which a connection can fail: which of
		// them it was would tell the asker about our network.
		return nil, &Error{Why: "no TLS connection to the host, at a public address, could be made", cause: err}
	}
	defer func() { _ = answer.Body.Close() }()
	out := &Response{At: at, ETag: etag(answer.Header), Life: lifeOf(answer.Header, at)}
	if answer.StatusCode == http.StatusNotModified && r.ETag != "" {
		out.NotModified = true
		return out, nil
	}
	out.Body, err = body(answer, r)
	// A host that sees us leave can still end its answer while we close.
	if late := ctx.Err(); err == nil && late != nil {
		return nil, &Error{Why: "the answer was cut short, or took too long", cause: late}
	}
	return out, err
}

// body reads an answer's body, once its headers are as they must be.
func body(answer *http.Response, r Request) ([]byte, error) {
	switch kind, ok := mediaType(answer.Header); {
	case answer.StatusCode/100 == 3:
		return nil, answered("the host redirects, which is not followed")
	case answer.StatusCode != http.StatusOK:
		return nil, answered("the host did not answer with status 200")
	case !ok || !slices.Contains(r.Accept, kind):
		return nil, answered("the answer has not a media type that is read")
	case answer.Header.Get("Content-Encoding") != "" && answer.Header.Get("Content-Encoding") != "identity":
		return nil, answered("the answer is compressed")
	case answer.ContentLength > r.Max:
		return nil, answered("the answer is too large")
	}
	raw, err := io.ReadAll(io.LimitReader(answer.Body, r.Max+1))
	switch {
	case err != nil:
		return nil, &Error{Why: "the answer was cut short, or took too long", cause: err}
	case int64(len(raw)) > r.Max:
		return nil, answered("the answer is too large")
	}
	return raw, nil
}

// mediaType is the one media type of an answer, whose charset, if it names one,
// is UTF-8.
func mediaType(h http.Header) (string, bool) {
	values := h.Values("Content-Type")
	if len(values) != 1 {
		return "", false
	}
	kind, params, err := mime.ParseMediaType(values[0])
	charset, named := params["charset"]
	return kind, err == nil && (!named || strings.EqualFold(charset, "utf-8"))
}

// An Error says why nothing was fetched.
type Error struct {
	Why      string // tells nothing of our network, nor of another's address or port
	Answered bool   // the host itself, proved by TLS, answered with what is not taken
	cause    error  // for the log
}

func (e *Error) Error() string { return e.Why }
func (e *Error) Unwrap() error { return e.cause }

func answered(why string) *Error { return &Error{Why: why, Answered: true} }
