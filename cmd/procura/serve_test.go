package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/procura-dev/procura/server"
	"github.com/procura-dev/procura/server/store/postgres/postgrestest"
	"github.com/procura-dev/procura/server/store/seal"
)

// A process is procura serve, running.
type process struct {
	cmd            *exec.Cmd
	base           string
	stdout, stderr text
	observed       chan string   // what it was asked to say that it holds
	ended          chan struct{} // closed when nothing more comes on stderr
}

// A text is written while others read it. Of megabytes only the last are kept.
type text struct {
	mu sync.Mutex
	b  strings.Builder
}

func (t *text) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.b.Len() > 4<<20 {
		t.b.Reset()
	}
	return t.b.Write(p)
}

func (t *text) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.b.String()
}

// start runs program serve in dir until it listens, and stops it with the test.
func start(t testing.TB, program, dir string, env []string, args ...string) *process {
	t.Helper()
	p := &process{cmd: exec.Command(program, append([]string{"serve"}, args...)...), observed: make(chan string, 1), ended: make(chan struct{})}
	p.cmd.Dir, p.cmd.Stdout = dir, &p.stdout
	p.cmd.Env = append(env, "PATH="+os.Getenv("PATH"))
	stderr, err := p.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.cmd.Process.Kill(); p.wait() })
	listens := make(chan string, 1)
	go p.follow(stderr, listens)
	select {
	case p.base = <-listens:
	case <-p.ended:
		t.Fatalf("serve ended: %s", p.said())
	case <-time.After(time.Minute):
		t.Fatalf("serve does not listen: %s", p.said())
	}
	return p
}

func (p *process) follow(stderr io.Reader, listens chan<- string) {
	defer close(p.ended)
	lines := bufio.NewScanner(stderr)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		fmt.Fprintln(&p.stderr, lines.Text())
		if url, ok := strings.CutPrefix(lines.Text(), "procura listens on "); ok {
			listens <- url
		}
		if held, ok := strings.CutPrefix(lines.Text(), observedPrefix); ok {
			p.observed <- held
		}
	}
}

func (p *process) said() string { return p.stderr.String() }

func (p *process) wait() error {
	<-p.ended
	return p.cmd.Wait()
}

// procura is the command as TestMain put it on PATH.
func procura(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("procura")
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func TestServeStopsWhenAsked(t *testing.T) {
	t.Parallel()
	p := start(t, procura(t), t.TempDir(), nil, "--listen", "127.0.0.1:0")
	if status := get(t, p.base+"/readyz"); status != http.StatusOK {
		t.Errorf("/readyz: %d", status)
	}
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := p.wait(); err != nil {
		t.Errorf("after SIGTERM: %v: %s", err, p.said())
	}
}

// The limit is a second: 1.000 or less of it.
func BenchmarkServeReady(b *testing.B) {
	program := filepath.Join(folder(b), "bin", "procura")
	b.ResetTimer()
	for b.Loop() {
		p := start(b, program, b.TempDir(), nil, "--listen", "127.0.0.1:0")
		for get(b, p.base+"/readyz") != http.StatusOK {
			time.Sleep(time.Millisecond)
		}
		b.StopTimer()
		p.cmd.Process.Kill()
		p.wait()
		b.StartTimer()
	}
	b.ReportMetric(b.Elapsed().Seconds()/float64(b.N), "of-a-second")
}

func TestBase(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ url, addr, want string }{
		{"", "127.0.0.1:8080", "http://127.0.0.1:8080"},
		{"", "[::]:8080", "http://127.0.0.1:8080"},
		{"", "0.0.0.0:8080", "http://127.0.0.1:8080"},
		{"", "[::1]:8080", "http://[::1]:8080"},
		{"https://procura.example", "[::]:8080", "https://procura.example"},
	} {
		addr, err := net.ResolveTCPAddr("tcp", test.addr)
		if err != nil {
			t.Fatal(err)
		}
		if got := (&serveFlags{url: test.url}).base(addr); got != test.want {
			t.Errorf("base of %s at %s: %s, want %s", test.url, test.addr, got, test.want)
		}
	}
}

func get(t testing.TB, url string) int {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	return resp.StatusCode
}

// Flag over environment over file over default.
func TestServeSettings(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		env  []string
		args []string
		want string // the folder of the database
	}{
		{"default", nil, nil, ".procura/data"},
		{"file", []string{"PROCURA_CONFIG=settings.yaml"}, nil, "from-file"},
		{"environment", []string{"PROCURA_CONFIG=settings.yaml", "PROCURA_DATA=from-environment"}, nil, "from-environment"},
		{"flag", []string{"PROCURA_DATA=from-environment"}, []string{"--config", "settings.yaml", "--data", "from-flag"}, "from-flag"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			settings := "data: from-file\nframework:\n  - one.yaml\n"
			if err := os.WriteFile(filepath.Join(dir, "settings.yaml"), []byte(settings), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := run1(dir, "framework", "new", "One"); err != nil {
				t.Fatal(err)
			}
			p := start(t, procura(t), dir, test.env, append(test.args, "--listen", "127.0.0.1:0")...)
			for _, file := range []string{test.want + "/procura.db", test.want + ".key"} {
				if _, err := os.Stat(filepath.Join(dir, file)); err != nil {
					t.Error(err)
				}
			}
			want := http.StatusNotFound
			if test.name != "default" {
				want = http.StatusOK
			}
			if got := get(t, p.base+"/v1/frameworks/One/1.0.0"); got != want {
				t.Errorf("the framework that the file names: %d, want %d", got, want)
			}
		})
	}
}

// run1 runs the command in dir; what it prints goes to one.yaml.
func run1(dir string, args ...string) error {
	out, err := os.Create(filepath.Join(dir, "one.yaml"))
	if err != nil {
		return err
	}
	defer out.Close()
	cmd := exec.Command("procura", args...)
	cmd.Dir, cmd.Stdout = dir, out
	return cmd.Run()
}

// With Postgres there is a key file from the start, and no folder of ours.
func TestServeOnPostgres(t *testing.T) {
	t.Parallel()
	database, dir := postgrestest.New(t), t.TempDir()
	key := filepath.Join(dir, "shared.key")
	if err := seal.MakeFile(key); err != nil {
		t.Fatal(err)
	}
	args := []string{"--database", database, "--key-file", key}
	first := start(t, procura(t), dir, nil, append(args, "--listen", "127.0.0.1:0")...)
	second := start(t, procura(t), dir, nil, append(args, "--listen", "127.0.0.1:0")...)
	if _, err := os.Stat(filepath.Join(dir, ".procura")); err == nil {
		t.Error("serve --database made .procura")
	}
	out, err := exec.Command("procura", append([]string{"client", "add", "--role", "verifier", "--domain", campDomain}, args...)...).Output()
	if err != nil {
		t.Fatal(err)
	}
	token := server.Token(strings.TrimSpace(string(out)))
	challenge := &challengeFile{}
	call := func(p *process, method, path string, body, answer any, want int) {
		t.Helper()
		if err := (&caller{base: p.base, http: http.DefaultClient}).call(t.Context(), token, method, path, body, answer, want); err != nil {
			t.Error(err)
		}
	}
	call(first, http.MethodPost, "/v1/challenges", exampleRequest(), challenge, http.StatusCreated)
	call(second, http.MethodGet, strings.TrimSuffix(strings.TrimPrefix(challenge.PresentationsURL, first.base), "/presentations"), nil, nil, http.StatusOK)

	other := filepath.Join(dir, "other.key")
	if err := seal.MakeFile(other); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	refused, err := exec.CommandContext(ctx, "procura", "serve", "--listen", "127.0.0.1:0", "--database", database, "--key-file", other).CombinedOutput()
	if err == nil || !strings.Contains(string(refused), other) {
		t.Errorf("serve with another key: %v: %s, want it refused and the file named", err, refused)
	}
}

// Each line on stderr that is not for a person at the start is JSON.
func TestServeLogs(t *testing.T) {
	t.Parallel()
	p := start(t, procura(t), t.TempDir(), nil, "--listen", "127.0.0.1:0")
	get(t, p.base+"/livez")
	p.cmd.Process.Signal(syscall.SIGTERM)
	if err := p.wait(); err != nil {
		t.Fatal(err)
	}
	_, logged, _ := strings.Cut(p.said(), "procura listens on ")
	_, logged, _ = strings.Cut(logged, "\n")
	requests := 0
	for line := range strings.Lines(logged) {
		var entry struct{ Msg, Route string }
		if err := json.Unmarshal([]byte(line), &entry); err != nil {
			t.Errorf("%q: %v", line, err)
		}
		if entry.Msg == "request" && entry.Route == "/livez" {
			requests++
		}
	}
	if requests != 1 {
		t.Errorf("%d lines for one request: %s", requests, logged)
	}
}
