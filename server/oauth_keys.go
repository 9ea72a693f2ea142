package server

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"sync"
	"time"

	"github.com/lestrrat-go/jwx/v3/jwk"
)

// Keys are the public keys of an issuer: a JSON Web Key Set (RFC 7517) in a file
// or at an https address that the operator names. They are read when they are
// first asked for, and anew when they are old or a key is asked for that is not
// there; what was read stays good while it cannot be read anew, for a day. It is
// safe for concurrent use.
type Keys struct {
	source string
	limit  time.Duration // for one try
	read   func(ctx context.Context) ([]byte, error)
	log    *slog.Logger

	reading sync.Mutex // held while they are read
	last    time.Time  // when that was tried last

	mu  sync.Mutex // guards what follows
	set jwk.Set
	at  time.Time // when set was read
}

const (
	keysOld   = 10 * time.Minute // read anew
	keysDead  = 24 * time.Hour   // good no longer
	keysPause = 10 * time.Second // between two tries
	keysTime  = 5 * time.Second  // for one
	keysSize  = 1 << 20          // bytes
)

// KeysFrom makes the keys of a file or of an https address; caFile names the
// authorities of its certificate, empty: those of the system.
func KeysFrom(file, address, caFile string, log *slog.Logger) (*Keys, error) {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	if file != "" {
		return &Keys{source: file, limit: keysTime, log: log, read: func(context.Context) ([]byte, error) { return os.ReadFile(file) }}, nil
	}
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil {
		return nil, fmt.Errorf("%q is no https address", address)
	}
	client, err := keysClient(caFile)
	if err != nil {
		return nil, err
	}
	read := func(ctx context.Context) ([]byte, error) { return fetchKeys(ctx, client, address) }
	return &Keys{source: address, limit: keysTime, log: log, read: read}, nil
}

func keysClient(caFile string) (*http.Client, error) {
	cfg := &tls.Config{MinVersion: tls.VersionTLS12}
	if caFile != "" {
		raw, err := os.ReadFile(caFile)
		if err != nil {
			return nil, err
		}
		cfg.RootCAs = x509.NewCertPool()
		if !cfg.RootCAs.AppendCertsFromPEM(raw) {
			return nil, fmt.Errorf("%s holds no certificate", caFile)
		}
	}
	return &http.Client{
		Transport:     &http.Transport{TLSClientConfig: cfg, Proxy: http.ProxyFromEnvironment},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}, nil
}

func fetchKeys(ctx context.Context, client *http.Client, address string) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	resp, err := client.Do(r)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("status %d", resp.StatusCode)
	}
	raw, err := io.ReadAll(io.LimitReader(resp.Body, keysSize+1))
	if err == nil && len(raw) > keysSize {
		err = errors.New("too large")
	}
	return raw, err
}

// find returns the one key of an id, nil where there is none. An error means
// that there are no keys to say so by.
func (k *Keys) find(ctx context.Context, kid string, now time.Time) (jwk.Key, error) {
	key, at := k.lookUp(kid)
	if key == nil || now.Sub(at) >= keysOld {
		k.renew(ctx, now, key != nil && now.Sub(at) < keysDead)
		key, at = k.lookUp(kid)
	}
	if at.IsZero() || now.Sub(at) >= keysDead {
		return nil, fmt.Errorf("the keys of %s cannot be read: %w", k.source, errNotReady)
	}
	return key, nil
}

// renew reads the keys anew, unless that was tried lately. Who has a key that is
// good does not wait while another tries: anybody can ask for one that is not
// there, and the issuer can hang.
func (k *Keys) renew(ctx context.Context, now time.Time, good bool) {
	if !k.reading.TryLock() {
		if good {
			return
		}
		k.reading.Lock()
	}
	defer k.reading.Unlock()
	if now.Sub(k.last) >= keysPause {
		k.last = now
		k.refresh(ctx, now)
	}
}

// refresh reads the keys anew; those that were read stay where it fails. A
// caller that goes away does not end it: others wait for it.
func (k *Keys) refresh(ctx context.Context, now time.Time) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), k.limit)
	defer cancel()
	raw, err := k.read(ctx)
	if err == nil {
		var set jwk.Set
		if set, err = jwk.Parse(raw); err == nil {
			k.keep(set, now)
			return
		}
	}
	k.log.ErrorContext(ctx, "the keys of an issuer cannot be read", "source", k.source, "error", err)
}

func (k *Keys) keep(set jwk.Set, now time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.set, k.at = set, now
}

// lookUp returns the one key of an id, and when the keys were read: zero where
// they never were. Two of one id are none.
func (k *Keys) lookUp(kid string) (found jwk.Key, at time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.set == nil {
		return nil, time.Time{}
	}
	for i := range k.set.Len() {
		key, _ := k.set.Key(i)
		if id, ok := key.KeyID(); ok && id == kid {
			if found != nil {
				return nil, k.at
			}
			found = key
		}
	}
	return found, k.at
}
