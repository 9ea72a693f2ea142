package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// builtIn is the folder where built built; empty: it did not.
var builtIn string

// built builds bin/procura, once, as make build does.
var built = sync.OnceValues(func() (dir string, err error) {
	if builtIn, err = os.MkdirTemp("", "procura-built-"); err != nil {
		return "", err
	}
	out, err := exec.Command("go", "build", "-trimpath", "-o", filepath.Join(builtIn, "bin", "procura"), ".").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("go build: %w: %s", err, out)
	}
	return builtIn, nil
})

// folder is a folder with bin/procura in it, as after make build.
func folder(t testing.TB) string {
	t.Helper()
	dir, err := built()
	if err != nil {
		t.Fatal(err)
	}
	own := t.TempDir()
	if err := os.Mkdir(filepath.Join(own, "bin"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(dir, "bin", "procura"), filepath.Join(own, "bin", "procura")); err != nil {
		t.Fatal(err)
	}
	return own
}

// lines are what serve printed to paste.
func (p *process) lines(t *testing.T) string {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if out := p.stdout.String(); strings.HasSuffix(out, "\n\n") {
			var lines []string
			for l := range strings.Lines(out) {
				if strings.HasPrefix(l, "curl ") || strings.Contains(l, "procura credential") {
					lines = append(lines, l)
				}
			}
			return strings.Join(lines, "")
		}
	}
	t.Fatalf("serve prints no example: %s", p.said())
	return ""
}

// What make run prints can be pasted, as it stands, into another shell.
func TestPastedLines(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("curl"); err != nil {
		needed(t, "curl", err)
	}
	for _, example := range []string{".procura/example", "it's here & there"} {
		t.Run(example, func(t *testing.T) {
			t.Parallel()
			dir := folder(t)
			p := start(t, "bin/procura", dir, nil, "--listen", "127.0.0.1:0", "--data", ".procura/data", "--example", example)
			lines := p.lines(t)
			if n := strings.Count(lines, "\n"); n != 3 {
				t.Fatalf("%d lines to paste, want 3:\n%s", n, lines)
			}
			if s := pasted(t, dir, lines); s.State != "permitted" || s.Decision.Decision != "permit" {
				t.Errorf("the lines\n%s\nanswer %+v, want a permit", lines, s)
			}
			// README.md: what Amina may not do alone.
			request := filepath.Join(dir, example, "request.json")
			raw, err := os.ReadFile(request)
			if err != nil {
				t.Fatal(err)
			}
			raw = bytes.Replace(raw, []byte("routine-medical-care"), []byte("light-travel"), 1)
			if err := os.WriteFile(request, raw, 0o600); err != nil {
				t.Fatal(err)
			}
			if s := pasted(t, dir, lines); s.State != "open" || s.Decision.Decision != "deny" || len(s.Decision.Needs) == 0 {
				t.Errorf("about light-travel they answer %+v, want a denial and what is missing", s)
			}
		})
	}
}

// A state is what of a challenge's state is looked at here.
type state struct {
	State    string
	Decision struct {
		Decision string
		Needs    []any
	}
}

func pasted(t *testing.T, dir, lines string) (s state) {
	t.Helper()
	out := paste(t, dir, lines)
	if err := json.Unmarshal(out, &s); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return s
}

func paste(t *testing.T, dir, lines string) []byte {
	t.Helper()
	sh := exec.CommandContext(t.Context(), "sh", "-e")
	sh.Dir, sh.Stdin = dir, strings.NewReader(lines)
	sh.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir}
	if opa, err := stockOPAPath(); err == nil {
		sh.Env[0] += string(os.PathListSeparator) + filepath.Dir(opa)
	}
	sh.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // what it leaves in the background ends with the test
	sh.WaitDelay = time.Minute
	out, err := sh.Output()
	if sh.Process != nil {
		_ = syscall.Kill(-sh.Process.Pid, syscall.SIGKILL) // mostly nobody is left
	}
	if err != nil {
		t.Fatalf("pasting\n%s\n%v: %s", lines, err, out)
	}
	return out
}

// A second start keeps the keys and the token, and whom else the registry
// lists; a token that is a client's no more is replaced.
func TestExampleIsKept(t *testing.T) {
	t.Parallel()
	ctx, dir := t.Context(), t.TempDir()
	s, _, err := (&place{data: filepath.Join(dir, "data")}).open(ctx, t.Output())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.PutRegistry(ctx, "default", campIssuers, []string{"did:example:other"}); err != nil {
		t.Fatal(err)
	}
	example := filepath.Join(dir, "example")
	write := func() map[string]string {
		t.Helper()
		if err := writeExample(ctx, s, example, "http://127.0.0.1:1", t.Output()); err != nil {
			t.Fatal(err)
		}
		files := map[string]string{}
		for _, name := range []string{"issuer.jwk", "holder.jwk", "credential.jwt", "request.json", "verifier.header"} {
			raw, err := os.ReadFile(filepath.Join(example, name))
			if err != nil {
				t.Fatal(err)
			}
			files[name] = string(raw)
		}
		return files
	}
	first := write()
	second := write()
	for _, name := range []string{"issuer.jwk", "holder.jwk", "request.json", "verifier.header"} {
		if first[name] != second[name] {
			t.Errorf("%s changed", name)
		}
	}
	dids, err := s.Registry(ctx, "default", campIssuers)
	if err != nil || len(dids) != 2 {
		t.Errorf("%s lists %v (%v), want the example's issuer beside the other", campIssuers, dids, err)
	}
	clients, err := s.ListClients(ctx, "default")
	if err != nil || len(clients) != 1 {
		t.Fatalf("clients: %v %v, want one", clients, err)
	}
	if err := s.RemoveClient(ctx, "default", clients[0].ID); err != nil {
		t.Fatal(err)
	}
	if third := write(); third["verifier.header"] == first["verifier.header"] {
		t.Error("a token that is nobody's was kept")
	}
	if err := os.Remove(filepath.Join(example, "verifier.header")); err != nil {
		t.Fatal(err)
	}
	write()
	if clients, err := s.ListClients(ctx, "default"); err != nil || len(clients) != 1 {
		t.Errorf("clients: %v %v, want the old one gone", clients, err)
	}
}
