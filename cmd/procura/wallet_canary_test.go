package main

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/procura-dev/procura/wallet/client"
	"github.com/procura-dev/procura/wallet/contents"
	"github.com/procura-dev/procura/wallet/keys"
)

// Canaries are secrets of a holder, by what they are.
type canaries map[string][]byte

// in names those that stand in raw: as they are, or as text that stands for them.
func (c canaries) in(raw []byte) (found []string) {
	for name, secret := range c {
		for _, form := range [][]byte{
			secret, []byte(base64.RawURLEncoding.EncodeToString(secret)), []byte(base64.RawStdEncoding.EncodeToString(secret)), []byte(hex.EncodeToString(secret)),
		} {
			if bytes.Contains(raw, form) {
				found = append(found, name)
				break
			}
		}
	}
	return found
}

// A watched client's session is known by the header that it sends.
type watched struct {
	led
	mu     sync.Mutex
	header string
}

func (w *watched) RoundTrip(r *http.Request) (*http.Response, error) {
	if h := r.Header.Get("Procura-Session"); h != "" {
		w.mu.Lock()
		w.header = h
		w.mu.Unlock()
	}
	return w.led.RoundTrip(r)
}

// No secret of a holder is in any file of the database, in the log, the metrics or
// the traces, nor in the pages where the server keeps secrets, while a session with
// an open partition goes on and after it is closed.
func TestWalletSecretsAreNowhere(t *testing.T) {
	t.Parallel()
	to, data := newCollector(t), filepath.Join(t.TempDir(), "data")
	p := start(t, procura(t), t.TempDir(), []string{"OTEL_EXPORTER_OTLP_ENDPOINT=" + to.URL}, "--data", data,
		"--listen", "127.0.0.1:0", "--url", wanderingHome, "--wallet-registration", "default=open", "--metrics-listen", "127.0.0.1:0")
	w := &watched{}
	w.lead(t, p)
	c := &client.Client{Origin: wanderingHome, Tenant: "default", HTTP: &http.Client{Transport: w}}
	all := canaries{"password": []byte("canary of a password"), "next password": []byte("canary of the next password")}
	s := all.live(t, c)
	header, err := base64.RawURLEncoding.DecodeString(w.header)
	if err != nil || len(header) != 48 {
		t.Fatalf("the session's header: %d bytes, %v", len(header), err)
	}
	all["session's id"], all["key of what is kept of the session"] = header[:16], header[16:]
	look := func(when string) {
		seen := map[string][]byte{"the log": []byte(p.said() + p.stdout.String()), "the metrics": metricsOf(t, p), "the database": filesBelow(t, data)}
		if !bytes.Contains(seen["the database"], []byte("canary-ann")) || len(seen["the metrics"]) == 0 || len(seen["the log"]) == 0 {
			t.Errorf("%s: nothing was looked at", when)
		}
		if pages := arenaOf(t, p.cmd.Process.Pid); pages != nil {
			seen["the arena"] = pages
		}
		for place, raw := range seen {
			if found := all.in(raw); len(found) > 0 {
				t.Errorf("%s, %s has: %s", when, place, strings.Join(found, ", "))
			}
		}
	}
	look("in the session")
	if err := s.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	look("after it")
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil { // the end sends the traces that wait
		t.Fatal(err)
	}
	if err := p.wait(); err != nil {
		t.Fatal(err)
	}
	to.mu.Lock()
	defer to.mu.Unlock()
	if found := all.in(append(to.raw.Bytes(), filesBelow(t, data)...)); len(found) > 0 || to.raw.Len() == 0 {
		t.Errorf("the traces, of %d bytes, or what is left of the database, have: %v", to.raw.Len(), found)
	}
}

// live has a holder do what secrets are needed for, and adds them to what is known.
func (all canaries) live(t *testing.T, c *client.Client) *client.Session {
	t.Helper()
	do := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	_, err := c.Register(t.Context(), "canary-ann", string(all["password"]), "")
	do(err)
	s, err := c.Login(t.Context(), "canary-ann", string(all["password"]), "")
	do(err)
	a, err := s.Open(t.Context())
	do(err)
	do(s.ChangePassword(t.Context(), a, string(all["password"]), string(all["next password"])))
	code, err := s.SetRecovery(t.Context(), a, string(all["next password"]))
	do(err)
	auth, under := code.Auth(), code.Under()
	all["recovery code"], all["recovery's proof"], all["recovery's key"] = []byte(code.Text()), auth[:], under[:]
	for _, mode := range []string{contents.Sealed, contents.Served} {
		k := keys.NewPartition(a.Account)
		key := k.Serve()
		all["key of a "+mode+" partition"] = key[:]
		body := map[string]any{"id": b64(k.ID[:]), "epoch": 1, "mode": mode, "root": a.Root.Generation, "key": b64(a.Root.Partition(k))}
		if mode == contents.Served {
			body["serve"] = b64(key[:])
		}
		do(s.Do(t.Context(), http.MethodPost, "partitions", body, nil))
	}
	parts, err := s.Partitions(t.Context(), a)
	do(err)
	for _, part := range parts {
		all["content, "+part.Mode], all["own id, "+part.Mode] = []byte("canary of what is "+part.Mode), []byte("urn:canary:"+part.Mode)
		if part.Mode == contents.Served {
			do(part.Open(t.Context()))
		}
		i := &client.Item{Item: keys.Item{ID: keys.NewID(), Kind: contents.KindMetadata}, Own: string(all["own id, "+part.Mode]), Content: all["content, "+part.Mode]}
		do(part.Add(t.Context(), i))
		got, err := part.Get(t.Context(), i.ID)
		do(err)
		if !bytes.Equal(got.Content, i.Content) {
			t.Fatalf("got %q", got.Content)
		}
	}
	all["device's token"] = []byte(s.Device)
	devices, err := s.Devices(t.Context(), a)
	do(err)
	all["device's label"] = []byte("canary of a label")
	do(s.LabelDevice(t.Context(), a, devices[0].ID, string(all["device's label"])))
	return s
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func metricsOf(t *testing.T, p *process) []byte {
	t.Helper()
	_, address, _ := strings.Cut(p.said(), "metrics on ")
	address, _, _ = strings.Cut(address, "\n")
	got, err := http.Get(strings.TrimSpace(address))
	if err != nil {
		t.Fatal(err)
	}
	defer got.Body.Close()
	raw, err := io.ReadAll(got.Body)
	if err != nil || got.StatusCode != http.StatusOK {
		t.Fatal(got.Status, err)
	}
	return raw
}

// filesBelow is all that stands in the files of a folder.
func filesBelow(t *testing.T, dir string) (all []byte) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		all = append(all, raw...)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// arenaOf are those pages of a process that no core has; nil where this user cannot
// read them. They hold something: the server's own secrets.
func arenaOf(t *testing.T, pid int) (all []byte) {
	t.Helper()
	limits, err := os.ReadFile(fmt.Sprintf("/proc/%d/limits", pid))
	if err == nil && !regexp.MustCompile(`Max core file size +0 +0`).Match(limits) {
		t.Errorf("a core can be dumped: %s", limits)
	}
	maps, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps", pid))
	if err != nil {
		t.Logf("NOT LOOKED AT: the memory of the server, which only root reads (%s): %v", runtime.GOOS, err)
		return nil
	}
	mem, err := os.Open(fmt.Sprintf("/proc/%d/mem", pid))
	if err != nil {
		t.Logf("NOT LOOKED AT: the memory of the server: %v", err)
		return nil
	}
	defer mem.Close()
	var from, to uint64
	for line := range strings.Lines(string(maps)) {
		var begin, end uint64
		if n, _ := fmt.Sscanf(line, "%x-%x ", &begin, &end); n == 2 {
			from, to = begin, end
		}
		flags, is := strings.CutPrefix(line, "VmFlags:")
		if !is || !strings.Contains(flags, " dd") || !strings.Contains(flags, " wr") {
			continue
		}
		page := make([]byte, to-from)
		if _, err := mem.ReadAt(page, int64(from)); err != nil {
			t.Fatal(err)
		}
		all = append(all, page...)
	}
	if len(bytes.Trim(all, "\x00")) == 0 {
		t.Error("the server keeps no secrets in pages of their own")
	}
	return all
}
