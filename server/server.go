// Package server answers over HTTP: it reads what callers send, asks package
// verifier, and writes down what that says. It decides nothing itself.
//
// TLS ends here or in front of it. Storage lies below, in store/sqlite and
// store/postgres; what a store must do is said here, beside its use.
package server

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/gin-gonic/gin"
	"go.opentelemetry.io/otel/trace"

	"github.com/procura-dev/procura/verifier"
)

// A Config is what a Server needs.
type Config struct {
	Verifier   *verifier.Verifier // required
	Clients    Clients            // required
	Registries Registries         // required
	Catalogue  *Catalogue         // required
	PolicySets *PolicySets        // required
	Entities   Entities           // required
	Reports    Reports            // required
	Signing    *Signing           // required
	Sweeper    Sweeper            // required
	Wallets    *Wallet            // nil: there are no wallets here
	Issuance   Issuance           // nil: nothing is issued here
	Log        *slog.Logger       // nil: discard
	Now        func() time.Time   // nil: time.Now
	URL        string             // where callers find us, without a slash at the end; empty: as they call us
	MaxBody    int64              // bytes of a body; 0: 1 MiB; a registry may have 16 times as many
	Issuers    Issuers            // of OAuth 2.0 access tokens; nil: none is let in
	Metrics    *Metrics           // nil: nothing is counted
	Tracer     trace.Tracer       // nil: nothing is traced
	TLS        *tls.Config        // nil: TLS ends in front of us
	Rate       Rate               // of calls without a proof, from one address; zero: 20 a second, 60 at once
	ClientRate Rate               // of one client's calls; zero: 5,000 a second, 10,000 at once
	TenantRate Rate               // of one tenant's calls; zero: no bound
	LoginRate  Rate               // of logins, registrations and recoveries of wallets, all together; zero: 200 a second, 400 at once

	TrustedProxies []netip.Prefix // whose X-Forwarded-For is read; nil: nobody's

	BatchTime  time.Duration // for all questions of one AuthZEN call; 0: 10 s
	ReadTime   time.Duration // for a whole request to arrive; 0: 30 s
	DrainTime  time.Duration // for calls under way when we stop; 0: 15 s
	SweepEvery time.Duration // 0: 10 s

	FollowEvery time.Duration // how often to ask what other processes published; 0: 1 s
}

// A Sweeper deletes what has expired. Its methods are safe for concurrent use,
// also by several processes.
type Sweeper interface {
	// Sweep closes challenges that expired by now and forgets expired nonces.
	Sweep(ctx context.Context, now time.Time) error

	// Ping reports whether the store answers.
	Ping(ctx context.Context) error
}

// A Server is the doors. It is safe for concurrent use.
type Server struct {
	cfg      Config
	engine   *gin.Engine
	known    known
	waits    waits
	bundles  bundles
	edge     bundleService
	issuing  *issuing // nil: nothing is issued here
	spec     tags     // of openapi.yaml
	open     *limiter[netip.Prefix]
	byClient *limiter[string]
	byTenant *limiter[string]
	logins   *limiter[allKE1]
	draining chan struct{} // closed when we stop
	stopped  atomic.Bool
}

// New makes a Server; it does no I/O.
func New(cfg Config) *Server {
	cfg.Log = cmp.Or(cfg.Log, slog.New(slog.DiscardHandler))
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	cfg.MaxBody = cmp.Or(cfg.MaxBody, 1<<20)
	cfg.ReadTime = cmp.Or(cfg.ReadTime, 30*time.Second)
	cfg.DrainTime = cmp.Or(cfg.DrainTime, 15*time.Second)
	cfg.SweepEvery = cmp.Or(cfg.SweepEvery, 10*time.Second)
	cfg.FollowEvery = cmp.Or(cfg.FollowEvery, time.Second)
	s := &Server{cfg: cfg, known: known{now: cfg.Now}, draining: make(chan struct{})}
	s.open = newLimiter[netip.Prefix](cfg.Rate, defaultAddressRate, cfg.Now)
	s.byClient = newLimiter[string](cfg.ClientRate, defaultClientRate, cfg.Now)
	s.byTenant = newLimiter[string](cfg.TenantRate, noRate, cfg.Now)
	s.logins = newLimiter[allKE1](cfg.LoginRate, defaultLoginRate, cfg.Now)
	if cfg.Metrics != nil {
		cfg.Metrics.engines.Store(&cfg.Catalogue.engines)
	}
	s.edge.catalogue, s.edge.signing, s.edge.making.most, s.edge.stopped = cfg.Catalogue, cfg.Signing, 1, s.draining
	if cfg.Issuance != nil {
		s.issuing = newIssuing(&s.cfg)
	}
	s.engine = s.mount()
	return s
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.engine.ServeHTTP(w, r) }

// maxWait bounds ?wait=, and with it how long an answer may take.
const maxWait = 60 * time.Second

// Serve answers on l until ctx is done, then lets calls under way finish. It
// sweeps meanwhile. Stopping is no error.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	srv := &http.Server{
		Handler:           s,
		ReadHeaderTimeout: min(s.cfg.ReadTime, 10*time.Second),
		ReadTimeout:       s.cfg.ReadTime,
		WriteTimeout:      s.cfg.ReadTime + maxWait + 30*time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    32 << 10,
		// "OPTIONS *" passes what every call passes.
		DisableGeneralOptionsHandler: true,

		ErrorLog: slog.NewLogLogger(s.cfg.Log.Handler(), slog.LevelDebug),
	}
	kept, stop := context.WithCancel(ctx)
	defer stop()
	go s.keep(kept)
	go s.follow(kept, s.cfg.Catalogue.Load)
	go s.follow(kept, s.cfg.PolicySets.Load)
	if s.cfg.Wallets != nil {
		go s.follow(kept, s.cfg.Wallets.Load)
	}
	failed := make(chan error, 1)
	go func() { failed <- s.listen(srv, l) }()
	select {
	case err := <-failed:
		return fmt.Errorf("serving: %w", err)
	case <-ctx.Done():
	}
	s.drain()
	late, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.cfg.DrainTime)
	defer cancel()
	if err := srv.Shutdown(late); err != nil {
		return errors.Join(fmt.Errorf("stopping: %w", err), srv.Close())
	}
	return nil
}

func (s *Server) listen(srv *http.Server, l net.Listener) error {
	if s.cfg.TLS == nil {
		return srv.Serve(l)
	}
	srv.TLSConfig = s.cfg.TLS.Clone()
	return srv.ServeTLS(l, "", "")
}

// drain sends those away who wait for a change, and says that we are not ready.
func (s *Server) drain() {
	if s.stopped.CompareAndSwap(false, true) {
		close(s.draining)
	}
}

// keep sweeps until ctx is done.
func (s *Server) keep(ctx context.Context) {
	every(ctx, s.cfg.SweepEvery, func() {
		if err := s.cfg.Sweeper.Sweep(ctx, s.cfg.Now()); err != nil && ctx.Err() == nil {
			s.cfg.Log.ErrorContext(ctx, "housekeeping", "error", err)
		}
	})
}

// follow takes up what other processes published, until ctx is done. That it
// cannot is logged once.
func (s *Server) follow(ctx context.Context, load func(context.Context) error) {
	failing := false
	every(ctx, s.cfg.FollowEvery, func() {
		err := load(ctx)
		if err != nil && !failing && ctx.Err() == nil {
			s.cfg.Log.ErrorContext(ctx, "what other processes publish cannot be read", "error", err)
		}
		failing = err != nil
	})
}

// every does something at an interval until ctx is done.
func every(ctx context.Context, d time.Duration, do func()) {
	tick := time.NewTicker(d)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			do()
		}
	}
}
