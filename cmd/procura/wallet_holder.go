package main

import (
	"cmp"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/procura-dev/procura/server"
	"github.com/procura-dev/procura/wallet/client"
	"github.com/procura-dev/procura/wallet/session"
)

// A holder is who has a wallet, as the flags of a command name them.
type holder struct {
	walletAccount
	state    string
	json     bool
	password secret
	memory   *walletMemory
}

// defaultServer is where a server on this machine is found.
const defaultServer = "http://127.0.0.1:8080"

// flags are those of every command on a wallet.
func (h *holder) flags(c *cobra.Command) {
	h.unproved(c)
	h.password.flags(c, "password")
}

// unproved are those of a command that asks no server.
func (h *holder) unproved(c *cobra.Command) {
	c.Flags().StringVar(&h.Server, "server", "", "where the server is found, without a path (default: as at the last login, else "+defaultServer+")")
	c.Flags().StringVar(&h.Tenant, "tenant", "", "of the account (default: as at the last login, else "+server.DefaultTenant+")")
	c.Flags().StringVar(&h.Name, "name", "", "of the account (default: as at the last login)")
	c.Flags().StringVar(&h.state, "state", "", "folder in which this device is remembered (default: procura/wallet in the user's folder of configurations)")
	c.Flags().BoolVar(&h.json, "json", false, "print JSON")
}

// find finds out whose wallet is meant: what the flags leave out is as at the last login.
func (h *holder) find(cmd *cobra.Command) (err error) {
	if err := knownVariables(cmd.Root(), os.Environ()); err != nil {
		return err // one who sets PROCURA_PASSWORD must be told that it is not read
	}
	if h.memory, err = openMemory(h.state); err != nil {
		return err
	}
	last, err := h.memory.last()
	if err != nil {
		return err
	}
	if h.Server, err = walletOrigin(cmp.Or(h.Server, last.Server, defaultServer)); err != nil {
		return fmt.Errorf("--server: %w", err)
	}
	if h.Server != last.Server {
		last.Tenant = ""
	}
	if h.Tenant = cmp.Or(h.Tenant, last.Tenant, server.DefaultTenant); h.Tenant != last.Tenant {
		last.Name = ""
	}
	if h.Name = cmp.Or(h.Name, last.Name); h.Name == "" {
		return errors.New("--name must be given: nobody logged in here before")
	}
	h.Name, err = session.Canonical(h.Name)
	return err
}

// walletOrigin is the origin of a server's address. It is part of what a password
// proves, and unsealed connections stay on this machine.
func walletOrigin(text string) (string, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return "", err
	case u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.Path != "" && u.Path != "/":
		return "", fmt.Errorf("%q: want scheme, host and port, as https://wallet.example", text)
	case u.Scheme == "http" && !loopback(u.Hostname()):
		return "", fmt.Errorf("%q: want https, but for this machine itself", text)
	}
	return origin(u), nil
}

// patience is how long a session waits for a server that went away to come back.
const patience = 30 * time.Second

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// client is the holder's side of the wallet.
func (h *holder) client() *client.Client {
	over := http.DefaultTransport.(*http.Transport).Clone()
	over.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS13}
	return &client.Client{Origin: h.Server, Tenant: h.Tenant, Patience: patience, HTTP: &http.Client{
		Transport: over, Timeout: 2 * time.Minute,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// A visit is one command's session: it ends with the command.
type visit struct {
	*client.Session
	account  *client.Account
	password string
	cmd      *cobra.Command
	holder   *holder
}

// visiting makes what does its work in a session of its own.
func (h *holder) visiting(do func(context.Context, *visit, []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		if err := h.find(cmd); err != nil {
			return err
		}
		password, err := h.password.read(cmd.Context(), false)
		if err != nil {
			return err
		}
		return h.visit(cmd, password, func(ctx context.Context, v *visit) error { return do(ctx, v, args) })
	}
}

// visit logs in, does, and ends the session.
func (h *holder) visit(cmd *cobra.Command, password string, do func(context.Context, *visit) error) error {
	ctx := cmd.Context()
	v, err := h.login(ctx, password)
	if err != nil {
		return h.explain(err)
	}
	v.cmd = cmd
	v.tell()
	err = h.explain(do(ctx, v))
	// Also who interrupts leaves no session behind.
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	if gone := v.Close(ending); gone != nil && err == nil && !errors.Is(gone, client.Kind("session")) {
		fmt.Fprintf(cmd.ErrOrStderr(), "the session was not ended, and ends by itself: %v\n", h.explain(gone))
	}
	return err
}

// login begins a session, and remembers the device.
func (h *holder) login(ctx context.Context, password string) (*visit, error) {
	token, err := h.memory.device(h.walletAccount)
	if err != nil {
		return nil, err
	}
	s, err := h.client().Login(ctx, h.Name, password, token)
	if err != nil {
		return nil, err
	}
	if err := h.memory.keep(h.walletAccount, s.Device); err != nil {
		return nil, errors.Join(fmt.Errorf("remembering this device: %w", err), s.Close(ctx))
	}
	v := &visit{Session: s, password: password, holder: h}
	if v.account, err = s.Open(ctx); err != nil {
		_ = s.Close(ctx) // why it cannot be used is what matters
		return nil, err
	}
	return v, nil
}

// print prints an answer: as JSON where that is asked for, else its text.
func (h *holder) print(cmd *cobra.Command, value any, text string) error {
	if !h.json {
		fmt.Fprint(cmd.OutOrStdout(), text)
		return nil
	}
	e := json.NewEncoder(cmd.OutOrStdout())
	e.SetEscapeHTML(false)
	return e.Encode(value)
}

func (v *visit) print(value any, text string) error { return v.holder.print(v.cmd, value, text) }

// explain says of an error what whoever typed the command can do about it.
func (h *holder) explain(err error) error {
	p, refused := errors.AsType[*client.Problem](err)
	switch {
	case err == nil:
		return nil
	case refused && p.Status == http.StatusTooManyRequests && p.RetryAfter > 0:
		return fmt.Errorf("too many tries: the server at %s takes the next one in %s", h.Server, p.RetryAfter)
	case refused && p.Status >= 300 && p.Status < 400:
		return fmt.Errorf("%w: %s sends elsewhere (%d)", client.ErrServer, h.Server, p.Status)
	case errors.Is(err, client.ErrNoAnswer):
		return (&remote{server: h.Server}).unreached(err)
	case errors.Is(err, session.ErrPassword):
		return fmt.Errorf("%w (%s at %s, tenant %s)", err, h.Name, h.Server, h.Tenant)
	}
	return err
}
