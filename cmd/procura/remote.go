package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// A remote is a server that runs, as one of its clients calls it.
type remote struct {
	server, token, tokenFile string

	match string // If-Match; empty: none
}

func (r *remote) flags(c *cobra.Command) {
	c.Flags().StringVar(&r.server, "server", "http://127.0.0.1:8080", "where the server is found")
	c.Flags().StringVar(&r.tokenFile, "token-file", "", "file with the client's token")
	c.Flags().StringVar(&r.token, "token", "", "the token itself; better in PROCURA_TOKEN than where others of this machine see it")
}

func (r *remote) readToken() (string, error) {
	switch {
	case r.token != "" && r.tokenFile != "":
		return "", errors.New("--token and --token-file: give one of them")
	case r.token != "":
		return strings.TrimSpace(r.token), nil
	case r.tokenFile == "":
		return "", errors.New("--token-file must be given, or PROCURA_TOKEN set")
	}
	raw, err := os.ReadFile(r.tokenFile)
	return strings.TrimSpace(string(raw)), err
}

// call sends a body, nil for none, with its media type, and returns what the
// server answers: at most 16 MiB. media is also what is asked for where there is
// no body.
func (r *remote) call(ctx context.Context, method, path, media string, body []byte) (status int, said []byte, err error) {
	token, err := r.readToken()
	if err != nil {
		return 0, nil, err
	}
	req, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(r.server, "/")+path, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	if body != nil {
		req.Header.Set("Content-Type", media)
	} else {
		req.Header.Set("Accept", media)
	}
	if r.match != "" {
		req.Header.Set("If-Match", r.match)
	}
	// Who answers elsewhere gets no token.
	direct := &http.Client{Timeout: 2 * time.Minute, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := direct.Do(req)
	if err != nil {
		return 0, nil, r.unreached(err)
	}
	defer resp.Body.Close()
	said, err = io.ReadAll(io.LimitReader(resp.Body, 16<<20))
	if err != nil {
		return 0, nil, fmt.Errorf("reading the server's answer: %w", err)
	}
	return resp.StatusCode, said, nil
}

// unreached says which server did not answer, and why, without the words of a
// program about programs.
func (r *remote) unreached(err error) error {
	if inner, ok := errors.AsType[*url.Error](err); ok {
		err = inner.Err
	}
	if inner, ok := errors.AsType[*net.OpError](err); ok && inner.Op == "dial" {
		err = inner.Err
	}
	if inner, ok := errors.AsType[*os.SyscallError](err); ok {
		err = inner.Err
	}
	return fmt.Errorf("the server at %s did not answer: %w (--server names another)", r.server, err)
}

// problem is the error that an answer other than success is: what the server
// says of it, member by member.
func problem(status int, said []byte) error {
	var p struct {
		Title, Detail string
		Errors        []struct{ Path, Message string }
	}
	if err := json.Unmarshal(said, &p); err != nil {
		return fmt.Errorf("the server answered %d, and nothing that can be read: %w", status, err)
	}
	for _, e := range p.Errors {
		p.Detail += " " + e.Path + ": " + e.Message
	}
	return fmt.Errorf("the server answered %d: %s", status, strings.TrimSpace(p.Title+" "+p.Detail))
}
