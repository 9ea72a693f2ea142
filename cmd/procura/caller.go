package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/procura-dev/procura/server"
)

// A caller is a client of a server, as any other program would be.
type caller struct {
	base string
	http *http.Client
	log  io.Writer // each call and its answer; nil: none
}

// call makes one call and reads what it answers into answer, unless nil. Any
// status but want is an error that quotes the answer.
func (c *caller) call(ctx context.Context, token server.Token, method, path string, body, answer any, want int) error {
	raw, media := []byte(nil), "application/json"
	switch b := body.(type) {
	case nil:
	case string: // a JWT
		raw, media = []byte(b), "application/vp+jwt"
	default:
		var err error
		if raw, err = json.Marshal(b); err != nil {
			return err
		}
	}
	r, err := http.NewRequestWithContext(ctx, method, c.base+path, bytes.NewReader(raw))
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+string(token))
	r.Header.Set("Content-Type", media)
	resp, err := c.http.Do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(io.LimitReader(resp.Body, 16<<20))
	if err != nil {
		return err
	}
	c.note(method, path, raw, resp.Status, got)
	if resp.StatusCode != want {
		return fmt.Errorf("%s %s: %s: %s", method, path, resp.Status, got)
	}
	if answer == nil {
		return nil
	}
	return json.Unmarshal(got, answer)
}

// note shows a call to whoever wants to see it. The token is not shown.
func (c *caller) note(method, path string, sent []byte, status string, got []byte) {
	if c.log == nil {
		return
	}
	fmt.Fprintf(c.log, "    | %s %s\n%s    | %s\n%s", method, path, quoted(sent), status, quoted(got))
}

func quoted(raw []byte) string {
	var pretty bytes.Buffer
	if json.Indent(&pretty, raw, "", "  ") != nil {
		pretty.Reset()
		pretty.Write(raw)
	}
	if pretty.Len() == 0 {
		return ""
	}
	return "    |   " + strings.ReplaceAll(strings.TrimSpace(pretty.String()), "\n", "\n    |   ") + "\n"
}
