package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/procura-dev/procura/server"
	"github.com/procura-dev/procura/server/store/seal"
	"github.com/procura-dev/procura/server/tracing"
	"github.com/procura-dev/procura/verifier"
	"github.com/procura-dev/procura/verifier/proof"
	"github.com/procura-dev/procura/wallet/session"
)

// serveFlags are what procura serve takes.
type serveFlags struct {
	place
	fetching             fetchFlags
	stamps               stampFlag
	doors                doorFlags
	listen, url, example string
	frameworks           []string
	offline              bool
	packed               packFlags
	registration         []string
}

func serveCommand() *cobra.Command {
	f := &serveFlags{}
	c := &cobra.Command{
		Use:   "serve",
		Short: "Start the server",
		Long: `Starts the server, with the frameworks that ship and those of --framework
published. It keeps its data in SQLite in the folder --data, or in Postgres where
--database names one; several processes may share one Postgres. The first start
makes an admin, and writes its token to admin.token in --data.

The data can be read only with the key of --key-file that it was begun with: a
process with another key, or none, refuses to start. With SQLite the key is made
at the first start; with Postgres make the file before, and keep a copy of either.

A published framework never changes: serve refuses to start where a document has
other content than the version that is published.

With --offline nothing is fetched: DID documents and status lists are those of
--pack, or there are none, and the pack's frameworks are published and withdrawn as it
says. A permit is then one to check again, under a framework with an offlineMaxAge.

Ends on SIGINT or SIGTERM, after the calls under way. The log on standard error
is one JSON object a line. TLS ends in front of it, or here with --tls-cert.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := knownVariables(cmd.Root(), os.Environ()); err != nil {
				return err
			}
			return f.run(cmd)
		},
	}
	f.flags(c)
	c.Flags().StringVar(&f.listen, "listen", "127.0.0.1:8080", "address to listen on")
	c.Flags().StringVar(&f.url, "url", "", "where callers find the server (default: as they call it)")
	c.Flags().StringVar(&f.example, "example", "", "write keys, a credential, a request and two policy sets to try into this folder, and let its issuer issue under the camp framework")
	c.Flags().StringArrayVar(&f.frameworks, "framework", nil, "publish this document too; may be repeated")
	c.Flags().BoolVar(&f.offline, "offline", false, "decide without a network: by --pack, or by what needs none")
	c.Flags().StringArrayVar(&f.registration, "wallet-registration", nil, "TENANT=open or TENANT=invitation: who may have a wallet; may be repeated (default: nobody)")
	f.packed.flags(c)
	f.fetching.flags(c)
	f.stamps.flags(c)
	c.MarkFlagsRequiredTogether("pack", "keys")
	for _, name := range []string{"fetch-allow", "did-max-age"} {
		c.MarkFlagsMutuallyExclusive("offline", name)
	}
	f.doors.flags(c)
	return withSettings(c)
}

func (f *serveFlags) run(cmd *cobra.Command) error {
	ctx, out := cmd.Context(), cmd.ErrOrStderr()
	roomy(ctx)
	log := slog.New(slog.NewJSONHandler(out, nil))
	// What can go wrong without the store goes wrong before it is made.
	found, err := f.reach(out, log)
	if err != nil {
		return err
	}
	if found.stamps, err = f.stamps.roots(); err != nil {
		return err
	}
	cfg := server.Config{Log: log, URL: f.url}
	traces, err := tracing.Open(ctx, os.Getenv, log)
	if err != nil {
		return err
	}
	if traces != nil {
		cfg.Tracer = traces
		defer traces.Close() // after the last call
	}
	if err := f.doors.apply(&cfg, log); err != nil {
		return err
	}
	docs, err := documents(ctx, f.frameworks)
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", f.listen)
	if err != nil {
		return fmt.Errorf("%w (--listen takes another address)", err)
	}
	defer func() { _ = l.Close() }()
	if cfg.Metrics, err = f.doors.measure(ctx, out); err != nil {
		return err
	}
	s, key, err := f.open(ctx, out)
	if err != nil {
		return err
	}
	defer s.Close()
	if err := f.firstAdmin(ctx, s, cmd); err != nil {
		return err
	}
	if cfg.Wallets, err = f.wallets(ctx, server.Watch(s, cfg.Metrics, cfg.Tracer), key, l.Addr()); err != nil {
		return err
	}
	srv, err := newServer(ctx, s, key, found, docs, cfg)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "procura listens on %s://%s\n", f.scheme(), l.Addr())
	if f.example != "" {
		if err := writeExample(ctx, s, f.example, f.base(l.Addr()), cmd.OutOrStdout()); err != nil {
			return err
		}
	}
	return srv.Serve(ctx, l)
}

// base is where a caller on this machine finds the server.
func (f *serveFlags) base(addr net.Addr) string {
	if f.url != "" {
		return f.url
	}
	host, port, err := net.SplitHostPort(addr.String())
	if ip := net.ParseIP(host); err == nil && ip.IsUnspecified() {
		return f.scheme() + "://" + net.JoinHostPort("127.0.0.1", port)
	}
	return f.scheme() + "://" + addr.String()
}

// namesKey is the purpose of the key of the digests of wallets' names.
const namesKey = "wallet names"

// wallets opens them for who may have one. A client binds its password to where
// it finds the server, so that another server can do nothing with it.
func (f *serveFlags) wallets(ctx context.Context, kept server.Wallets, key *seal.Key, addr net.Addr) (*server.Wallet, error) {
	at, err := url.Parse(f.base(addr))
	if err != nil {
		return nil, fmt.Errorf("--url: %w", err)
	}
	offer := server.WalletOffer{Origin: origin(at), Registration: map[string]string{}, Names: key.Derive(namesKey)}
	for _, each := range f.registration {
		tenant, mode, ok := strings.Cut(each, "=")
		if !ok || tenant == "" || mode != session.RegistrationOpen && mode != session.RegistrationInvite {
			return nil, fmt.Errorf("--wallet-registration %s: TENANT=open or TENANT=invitation is wanted", each)
		}
		offer.Registration[tenant] = mode
	}
	return server.OpenWallets(ctx, kept, offer, time.Now)
}

// origin is that of an address as browsers write it (RFC 6454, 6.2).
func origin(u *url.URL) string {
	usual := map[string]string{"http": ":80", "https": ":443"}[u.Scheme]
	return u.Scheme + "://" + strings.TrimSuffix(strings.ToLower(u.Host), usual)
}

func (f *serveFlags) scheme() string {
	if f.doors.cert != "" {
		return "https"
	}
	return "http"
}

// firstAdmin makes an admin, where there is a folder for the token.
func (f *serveFlags) firstAdmin(ctx context.Context, s store, cmd *cobra.Command) error {
	if f.database != "" && !cmd.Flags().Changed("data") {
		return nil
	}
	path := filepath.Join(f.data, "admin.token")
	if err := os.MkdirAll(f.data, 0o700); err != nil {
		return err
	}
	made, err := server.FirstAdmin(ctx, s, path, time.Now())
	if made {
		fmt.Fprintf(cmd.ErrOrStderr(), "wrote the first admin's token to %s\n", path)
	}
	return err
}

// newServer makes a server over a store, with the frameworks that ship and
// the documents given published.
func newServer(ctx context.Context, s store, key *seal.Key, found *network, docs []document, cfg server.Config) (*server.Server, error) {
	watched := server.Watch(s, cfg.Metrics, cfg.Tracer)
	vc := verifier.Config{Store: watched, DIDs: found.dids, StatusLists: found.lists, TimestampRoots: found.stamps, Offline: found.offline, Key: key.Derive("verifier"), Signatures: &proof.Signatures{}, Begin: server.Steps(cfg.Metrics, cfg.Tracer)}
	if cfg.Metrics != nil {
		vc.Decided = cfg.Metrics.Decided
	}
	v := verifier.New(vc)
	catalogue := &server.Catalogue{Store: watched, Verifier: v, Log: cfg.Log}
	docs, err := found.withPacked(ctx, s, docs)
	if err != nil {
		return nil, err
	}
	if err := admissible(ctx, s, docs); err != nil {
		return nil, err
	}
	if _, err := catalogue.Publish(ctx, drafts(docs)...); err != nil {
		return nil, fmt.Errorf("publishing frameworks: %w", err)
	}
	if err := withdrawPacked(ctx, s, catalogue, found.pack); err != nil {
		return nil, fmt.Errorf("withdrawing what the pack says: %w", err)
	}
	cfg.Signing, cfg.Entities, cfg.Reports = &server.Signing{Store: watched}, watched, watched
	cfg.PolicySets = &server.PolicySets{Store: watched, Signing: cfg.Signing, Log: cfg.Log}
	if err := cfg.PolicySets.Load(ctx); err != nil {
		return nil, fmt.Errorf("loading policy sets: %w", err)
	}
	cfg.Verifier, cfg.Clients, cfg.Registries, cfg.Catalogue, cfg.Sweeper, cfg.Issuance = v, watched, watched, catalogue, watched, watched
	return server.New(cfg), nil
}
