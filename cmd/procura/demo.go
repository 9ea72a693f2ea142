package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/procura-dev/procura/server"
	"github.com/procura-dev/procura/verifier/timestamp"
)

// stories are those that can be played, by name.
var stories = map[string]func() story{"bank": bankStory, "board": boardStory, "camp": campStory, "car": carStory}

func demoCommand() *cobra.Command {
	var verbose bool
	var name string
	c := &cobra.Command{
		Use:   "demo",
		Short: "Play a story against a server of its own, from key pairs to decisions",
		Long: `Starts a server on a free port of this machine, with its data in a temporary
folder, and plays a story against it over HTTP: that of a refugee camp, who may act
for a child, and who may not; that of a car, which goes from hand to hand until
somebody's right is revoked; that of a board, whose member sends an assistant to
sign in her place; or that of a bank, which revokes an officer's right without
undoing what the officer issued. Leaves nothing behind. Exits 0 only if each decision,
and each reason for it, was the right one.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			made, ok := stories[name]
			if !ok {
				return fmt.Errorf("--story: there is no story %q, but %s", name, strings.Join(slices.Sorted(maps.Keys(stories)), ", "))
			}
			return demo(cmd.Context(), cmd.OutOrStdout(), made(), verbose)
		},
	}
	c.Flags().StringVar(&name, "story", "camp", "camp (RFC 0103's guardians), car (RFC 0104's chain of credentials), board (a third of a signature) or bank (what outlives a revocation)")
	c.Flags().BoolVarP(&verbose, "verbose", "v", false, "show each call and its answer")
	return c
}

// demo builds the stage, plays, and takes it down.
func demo(ctx context.Context, out io.Writer, told story, verbose bool) (err error) {
	dir, err := os.MkdirTemp("", "procura-demo-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	s, key, err := (&place{data: filepath.Join(dir, "data")}).open(ctx, io.Discard)
	if err != nil {
		return err
	}
	defer s.Close()
	site, err := openSite()
	if err != nil {
		return err
	}
	defer site.close()
	st := &stage{out: out, now: time.Now(), site: site, caller: caller{http: &http.Client{}}}
	if verbose {
		st.log = out
	}
	net, err := st.network()
	if err != nil {
		return err
	}
	srv, err := newServer(ctx, s, key, net, nil, server.Config{})
	if err != nil {
		return err
	}
	if err := st.clients(ctx, s, told, filepath.Join(dir, "admin.token")); err != nil {
		return err
	}
	return whileServing(ctx, srv, func(ctx context.Context, addr string) error {
		defer st.http.CloseIdleConnections()
		st.base = "http://" + addr
		return st.play(ctx, told)
	})
}

// network finds the site's lists, and takes the word of a time-stamp authority that
// it makes.
func (st *stage) network() (n *network, err error) {
	if st.authority, err = timestamp.NewAuthority(st.now.AddDate(0, 0, -1), st.now.AddDate(0, 0, 1)); err != nil {
		return nil, err
	}
	n = st.site.network()
	n.stamps, err = timestamp.ReadRoots(st.authority.Roots())
	return n, err
}

// whileServing serves on a free port of this machine for as long as f runs.
func whileServing(ctx context.Context, srv *server.Server, f func(ctx context.Context, addr string) error) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	serving, stop := context.WithCancel(ctx)
	defer stop()
	stopped := make(chan error, 1)
	go func() { stopped <- srv.Serve(serving, l) }()
	played := f(ctx, l.Addr().String())
	stop()
	return errors.Join(played, <-stopped)
}

// clients gets an admin as a first start makes one, and registers who asks
// as procura client add does.
func (st *stage) clients(ctx context.Context, s store, told story, tokenFile string) error {
	if _, err := server.FirstAdmin(ctx, s, tokenFile, st.now); err != nil {
		return err
	}
	raw, err := os.ReadFile(tokenFile)
	if err != nil {
		return err
	}
	st.admin = server.Token(strings.TrimSpace(string(raw)))
	asks, token := server.NewClient(server.DefaultTenant, told.asks, server.RoleVerifier, []string{told.domain}, st.now)
	st.asks = token
	if err := s.AddClient(ctx, asks); err != nil {
		return fmt.Errorf("registering the %s: %w", told.asks, err)
	}
	return nil
}
