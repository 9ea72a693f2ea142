package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/procura-dev/procura/server"
)

// doorFlags say who may call the server, how, and how often.
type doorFlags struct {
	cert, key, clientCA              string
	issuers, proxies                 []string
	rateAddress, rateClient, rateAll string
	metrics                          string
}

func (f *doorFlags) flags(c *cobra.Command) {
	c.Flags().StringVar(&f.cert, "tls-cert", "", "PEM file of the server's certificate: it ends TLS itself; read once (default: TLS ends in front of it)")
	c.Flags().StringVar(&f.key, "tls-key", "", "PEM file of that certificate's private key")
	c.Flags().StringVar(&f.clientCA, "tls-client-ca", "", "PEM file of authorities: clients may prove themselves by certificates of these")
	c.Flags().StringArrayVar(&f.issuers, "oauth", nil, "let in access tokens (RFC 9068) of issuer=URL,audience=A,(jwksFile=FILE|jwksUri=URL[,caFile=FILE]),(tenant=T|tenantClaim=C),(role=R|roleClaim=C)[,domains=\"A B\"|,domainsClaim=C][,clientClaim=C]; may be repeated")
	c.Flags().StringArrayVar(&f.proxies, "trusted-proxy", nil, "read X-Forwarded-For of callers in this network, as 10.0.0.0/8; may be repeated (default: of nobody)")
	c.Flags().StringVar(&f.metrics, "metrics-listen", "", "address to answer /metrics on, for Prometheus, without a token: keep it private (default: none)")
	c.Flags().StringVar(&f.rateAddress, "rate-address", "20/60", "calls a second and at once from one address that prove no client; none: no bound")
	c.Flags().StringVar(&f.rateClient, "rate-client", "5000/10000", "calls a second and at once of one client; none: no bound")
	c.Flags().StringVar(&f.rateAll, "rate-tenant", "none", "calls a second and at once of all clients of one tenant; none: no bound")
}

// measure listens for whoever scrapes metrics, on an address of their own, until
// ctx is done. It returns nil where nobody does.
func (f *doorFlags) measure(ctx context.Context, out io.Writer) (*server.Metrics, error) {
	if f.metrics == "" {
		return nil, nil
	}
	l, err := net.Listen("tcp", f.metrics)
	if err != nil {
		return nil, fmt.Errorf("--metrics-listen: %w", err)
	}
	m := server.NewMetrics()
	routes := http.NewServeMux()
	routes.Handle("GET /metrics", m.Handler())
	srv := &http.Server{Handler: routes, ReadTimeout: 10 * time.Second, WriteTimeout: 30 * time.Second, MaxHeaderBytes: 32 << 10}
	context.AfterFunc(ctx, func() { _ = srv.Close() })
	go func() { _ = srv.Serve(l) }() // ends with ctx
	fmt.Fprintf(out, "metrics on http://%s/metrics\n", l.Addr())
	return m, nil
}

// apply reads the settings into what a server needs.
func (f *doorFlags) apply(cfg *server.Config, log *slog.Logger) (err error) {
	if f.cert != "" || f.key != "" || f.clientCA != "" {
		if f.cert == "" || f.key == "" {
			return errors.New("--tls-cert and --tls-key must be given together, and with --tls-client-ca")
		}
		if cfg.TLS, err = server.TLS(f.cert, f.key, f.clientCA); err != nil {
			return err
		}
	}
	for _, text := range f.issuers {
		i, err := readIssuer(text, log)
		if err != nil {
			return fmt.Errorf("--oauth: %w", err)
		}
		for _, other := range cfg.Issuers {
			if other.Issuer == i.Issuer {
				return fmt.Errorf("--oauth: %s is named twice", i.Issuer)
			}
		}
		cfg.Issuers = append(cfg.Issuers, i)
	}
	for _, text := range f.proxies {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			return fmt.Errorf("--trusted-proxy: %q is no network, as 10.0.0.0/8 or 10.1.2.3/32", text)
		}
		cfg.TrustedProxies = append(cfg.TrustedProxies, p)
	}
	return f.rates(cfg)
}

func (f *doorFlags) rates(cfg *server.Config) error {
	for _, r := range []struct {
		flag, text string
		to         *server.Rate
	}{{"rate-address", f.rateAddress, &cfg.Rate}, {"rate-client", f.rateClient, &cfg.ClientRate}, {"rate-tenant", f.rateAll, &cfg.TenantRate}} {
		rate, err := readRate(r.text)
		if err != nil {
			return fmt.Errorf("--%s: %w", r.flag, err)
		}
		*r.to = rate
	}
	return nil
}

// readRate reads 20/60: calls a second, and at once.
func readRate(text string) (server.Rate, error) {
	if text == "none" {
		return server.Rate{PerSecond: -1, Burst: 1}, nil
	}
	second, burst, ok := strings.Cut(text, "/")
	perSecond, err := strconv.ParseFloat(second, 64)
	most, err2 := strconv.Atoi(burst)
	if !ok || err != nil || err2 != nil || !(perSecond > 0) || math.IsInf(perSecond, 0) || most < 1 {
		return server.Rate{}, fmt.Errorf("%q is neither none nor calls a second and at once, as 20/60", text)
	}
	return server.Rate{PerSecond: perSecond, Burst: most}, nil
}

// readIssuer reads the members of one --oauth. Each stands once, and of those
// that exclude each other one.
func readIssuer(text string, log *slog.Logger) (*server.Issuer, error) {
	m := map[string]string{}
	i := &server.Issuer{}
	var file, address, ca, domains string
	to := map[string]*string{
		"issuer": &i.Issuer, "audience": &i.Audience, "jwksFile": &file, "jwksUri": &address, "caFile": &ca,
		"tenant": &i.Tenant, "tenantClaim": &i.TenantClaim, "role": &i.Role, "roleClaim": &i.RoleClaim,
		"domains": &domains, "domainsClaim": &i.DomainsClaim, "clientClaim": &i.ClientClaim,
	}
	for _, part := range strings.Split(text, ",") {
		name, value, ok := strings.Cut(strings.TrimSpace(part), "=")
		if to[name] == nil || !ok || value == "" || m[name] != "" {
			return nil, fmt.Errorf("%q is no member that is known, or stands twice, or is empty", name)
		}
		m[name], *to[name] = value, value
	}
	i.Domains = strings.Fields(domains)
	switch {
	case i.Issuer == "" || i.Audience == "":
		return nil, errors.New("issuer and audience are required")
	case (file == "") == (address == ""), (i.Tenant == "") == (i.TenantClaim == ""), (i.Role == "") == (i.RoleClaim == ""):
		return nil, errors.New("want one of jwksFile and jwksUri, one of tenant and tenantClaim, one of role and roleClaim")
	case domains != "" && i.DomainsClaim != "", ca != "" && address == "":
		return nil, errors.New("want domains or domainsClaim, and caFile beside jwksUri alone")
	case i.Tenant != "" && server.CheckTenant(i.Tenant) != nil, i.Role != "" && !server.Role(i.Role).Valid():
		return nil, errors.New("tenant or role is none that can be")
	}
	var err error
	i.Keys, err = server.KeysFrom(file, address, ca, log)
	return i, err
}
