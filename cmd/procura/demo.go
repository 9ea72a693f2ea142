package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/procura-dev/procura/server"
	"github.com/procura-dev/procura/verifier/did"
)

func demoCommand() *cobra.Command {
	var verbose bool
	c := &cobra.Command{
		Use:   "demo",
		Short: "Play a story against a server of its own, from key pairs to decisions",
		Long: `Starts a server on a free port of this machine, with its data in a temporary
folder, and plays the story of a refugee camp against it over HTTP: who may act
for a child, and who may not. Leaves nothing behind. Exits 0 only if each
decision, and each reason for it, was the right one.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return demo(cmd.Context(), cmd.OutOrStdout(), verbose)
		},
	}
	c.Flags().BoolVarP(&verbose, "verbose", "v", false, "show each call and its answer")
	return c
}

// demo builds the stage, plays, and takes it down.
func demo(ctx context.Context, out io.Writer, verbose bool) (err error) {
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
	srv, err := newServer(ctx, s, key, &network{dids: &did.Resolver{}}, nil, server.Config{})
	if err != nil {
		return err
	}
	st := &stage{out: out, now: time.Now(), caller: caller{http: &http.Client{}}}
	if verbose {
		st.log = out
	}
	if err := st.clients(ctx, s, filepath.Join(dir, "admin.token")); err != nil {
		return err
	}
	return whileServing(ctx, srv, func(ctx context.Context, addr string) error {
		defer st.http.CloseIdleConnections()
		st.base = "http://" + addr
		return st.play(ctx)
	})
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

// clients gets an admin as a first start makes one, and registers the clinic
// as procura client add does.
func (st *stage) clients(ctx context.Context, s store, tokenFile string) error {
	if _, err := server.FirstAdmin(ctx, s, tokenFile, st.now); err != nil {
		return err
	}
	raw, err := os.ReadFile(tokenFile)
	if err != nil {
		return err
	}
	st.admin = server.Token(strings.TrimSpace(string(raw)))
	clinic, token := server.NewClient(server.DefaultTenant, "clinic", server.RoleVerifier, []string{campDomain}, st.now)
	st.clinic = token
	if err := s.AddClient(ctx, clinic); err != nil {
		return fmt.Errorf("registering the clinic: %w", err)
	}
	return nil
}
