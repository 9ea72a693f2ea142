package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/procura-dev/procura/server"
	"github.com/procura-dev/procura/verifier/status"
	"github.com/procura-dev/procura/verifier/vc"
)

// Kill -9 in the middle of issuing and of revoking many at once leaves nothing
// in half: what was answered stands, each call was made wholly or not at all, and
// no place in a list is given twice, before or after.
func TestKilledIssuerLeavesNothingInHalf(t *testing.T) {
	t.Parallel()
	dir, delay := t.TempDir(), rand.New(rand.NewPCG(1, 2))
	o := &issuingOffice{given: map[listPlace]string{}, answered: map[string]bool{}}
	for round := range 4 {
		p := start(t, procura(t), dir, nil, "--listen", "127.0.0.1:0", "--url", killedURL)
		o.open(t, dir)
		o.check(t, p.base)
		groups := []string{fmt.Sprint("urn:", round, ":a:"), fmt.Sprint("urn:", round, ":b:")}
		for _, g := range groups {
			o.issueGroup(t, p.base, g)
		}
		ctx, stop := context.WithCancel(t.Context())
		asked := make(chan struct{})
		var clients sync.WaitGroup
		for i := range 4 {
			clients.Go(func() { o.goOnIssuing(ctx, t, p.base, fmt.Sprint("urn:", round, ":", i, ":")) })
		}
		clients.Go(func() { o.revokeAll(ctx, p.base, groups, asked) })
		<-asked
		time.Sleep(time.Duration(delay.IntN(20)) * time.Millisecond)
		p.cmd.Process.Kill()
		p.wait()
		stop()
		clients.Wait()
	}
	p := start(t, procura(t), dir, nil, "--listen", "127.0.0.1:0", "--url", killedURL)
	o.check(t, p.base)
	for _, g := range o.groups {
		lines := strings.Split(commanded(t, dir, "issuer", "history", g+"0"), "\n")
		if len(lines) != 1 || !strings.Contains(lines[0], "  revoke  ") || !strings.HasSuffix(lines[0], `  "lost"`) {
			t.Errorf("what became of %s0: %q, want that it was revoked once", g, lines)
		}
	}
	t.Logf("%d credentials; of %d revocations %d were cut off before they were made, %d after", len(o.given)/2, len(o.groups), o.cut[0], o.cut[1])
}

// A listPlace is an entry of a list, by its URL.
type listPlace struct {
	list  string
	index uint64
}

const (
	killedURL = "https://procura.example"
	groupSize = 300
)

// An issuingOffice is what its clients were answered.
type issuingOffice struct {
	token server.Token

	mu       sync.Mutex
	given    map[listPlace]string // who has it
	groups   []string             // all that were begun to be revoked
	answered map[string]bool      // groups whose revocation was
	cut      [2]int               // unanswered ones that were not made, and that were
}

// open makes a client and a profile of it, the first time.
func (o *issuingOffice) open(t *testing.T, dir string) {
	t.Helper()
	if o.token != "" {
		return
	}
	o.token = server.Token(commanded(t, dir, "client", "add", "--role", "issuer", "--name", "office"))
	commanded(t, dir, "issuer", "add", "--name", "camp", "--client", "office")
}

// commanded is what a command prints.
func commanded(t *testing.T, dir string, args ...string) string {
	t.Helper()
	c := exec.CommandContext(t.Context(), procura(t), args...)
	var problems bytes.Buffer
	c.Dir, c.Stderr = dir, &problems
	out, err := c.Output()
	if err != nil {
		t.Fatalf("procura %s: %v: %s", strings.Join(args, " "), err, problems.String())
	}
	return strings.TrimSpace(string(out))
}

// issue issues one, and remembers its places.
func (o *issuingOffice) issue(ctx context.Context, c *caller, name string) error {
	body := map[string]any{
		"credential": map[string]any{"@context": []string{vc.ContextV2}, "type": []string{"VerifiableCredential"}, "credentialSubject": map[string]any{"id": "did:example:child"}},
		"options":    map[string]any{"credentialId": name},
	}
	var a struct {
		VerifiableCredential struct{ ID string }
	}
	if err := c.call(ctx, o.token, http.MethodPost, "/credentials/issue", body, &a, http.StatusCreated); err != nil {
		return err
	}
	_, text, _ := strings.Cut(a.VerifiableCredential.ID, ",")
	j, err := vc.ParseJWT(text)
	if err != nil {
		return err
	}
	entries, refusal := status.Entries(j.Payload)
	if refusal != nil {
		return refusal
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, e := range entries {
		at := listPlace{e.List, e.Index}
		if had, twice := o.given[at]; twice {
			return fmt.Errorf("%s has the place of %s: %w", name, had, errGivenTwice)
		}
		o.given[at] = name
	}
	return nil
}

var errGivenTwice = errors.New("a place was given twice")

func (o *issuingOffice) issueGroup(t *testing.T, base, group string) {
	t.Helper()
	var all sync.WaitGroup
	for k := range 8 {
		all.Go(func() {
			c := &caller{base: base, http: &http.Client{Transport: &http.Transport{}}}
			for i := k; i < groupSize; i += 8 {
				if err := o.issue(t.Context(), c, fmt.Sprint(group, i)); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
}

// goOnIssuing issues until the server is gone.
func (o *issuingOffice) goOnIssuing(ctx context.Context, t *testing.T, base, prefix string) {
	c := &caller{base: base, http: &http.Client{Transport: &http.Transport{}}}
	for i := 0; ; i++ {
		if err := o.issue(ctx, c, fmt.Sprint(prefix, i)); err != nil {
			if errors.Is(err, errGivenTwice) {
				t.Error(err)
			}
			return
		}
	}
}

// revokeAll revokes group after group. It says when the first is asked for.
func (o *issuingOffice) revokeAll(ctx context.Context, base string, groups []string, asked chan struct{}) {
	c := &caller{base: base, http: &http.Client{Transport: &http.Transport{}}}
	for i, g := range groups {
		o.groups = append(o.groups, g)
		if i == 0 {
			close(asked)
		}
		if n, err := o.revoke(ctx, c, g); err == nil && n == groupSize {
			o.answered[g] = true
		}
	}
}

// revoke returns how many of a group became revoked by it.
func (o *issuingOffice) revoke(ctx context.Context, c *caller, group string) (int, error) {
	names := make([]string, groupSize)
	for i := range names {
		names[i] = fmt.Sprint(group, i)
	}
	var a struct{ Changed int }
	err := c.call(ctx, o.token, http.MethodPost, "/v1/credentials/status", map[string]any{"action": "revoke", "credentials": names, "reason": "lost"}, &a, http.StatusOK)
	return a.Changed, err
}

// check reads the lists, before and after each group is revoked again.
func (o *issuingOffice) check(t *testing.T, base string) {
	t.Helper()
	c := &caller{base: base, http: &http.Client{Transport: &http.Transport{}}}
	set := o.revoked(t, base)
	for _, g := range o.groups {
		n := 0
		for i := range groupSize {
			if set[fmt.Sprint(g, i)] {
				n++
			}
		}
		if n != 0 && n != groupSize || o.answered[g] && n == 0 {
			t.Errorf("%d of the %d of %s are revoked; answered: %v", n, groupSize, g, o.answered[g])
		}
		if !o.answered[g] {
			o.cut[n/groupSize]++
		}
		changed, err := o.revoke(t.Context(), c, g)
		if err != nil || changed != groupSize-n {
			t.Errorf("revoking %s, of which %d were: %d changed, %v", g, n, changed, err)
		}
		o.answered[g] = true
	}
	for name := range o.revoked(t, base) {
		if group := name[:strings.LastIndexByte(name, ':')+1]; !o.answered[group] {
			t.Errorf("%s is revoked, which nobody asked for", name)
		}
	}
}

// revoked are the credentials that the published lists call so.
func (o *issuingOffice) revoked(t *testing.T, base string) map[string]bool {
	t.Helper()
	out, lists := map[string]bool{}, map[string][]byte{}
	for e, name := range o.given {
		if lists[e.list] == nil {
			lists[e.list] = bitsAt(t, base+strings.TrimPrefix(e.list, killedURL))
		}
		if lists[e.list][e.index/8]&(0x80>>(e.index%8)) != 0 {
			out[name] = true
		}
	}
	return out
}

// bitsAt are the bits of a list.
func bitsAt(t *testing.T, url string) []byte {
	t.Helper()
	r, err := http.Get(url) //nolint:gosec,noctx // of our own server
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	var doc struct {
		CredentialSubject struct{ EncodedList string }
	}
	if err := json.NewDecoder(r.Body).Decode(&doc); err != nil {
		t.Fatal(err)
	}
	packed, err := base64.RawURLEncoding.DecodeString(strings.TrimPrefix(doc.CredentialSubject.EncodedList, "u"))
	if err != nil {
		t.Fatal(err)
	}
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	bits, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return bits
}
