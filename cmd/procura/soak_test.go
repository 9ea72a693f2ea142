package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// observed is the command, as the tests run it: on SIGUSR1 it says on standard
// error what it holds after a collection.
func observed() {
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, syscall.SIGUSR1)
	go func() {
		for range asked {
			runtime.GC()
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			fmt.Fprintf(os.Stderr, "%s{\"heap\": %d, \"goroutines\": %d}\n", observedPrefix, m.HeapAlloc>>10, runtime.NumGoroutine())
		}
	}()
	main()
}

// observedPrefix begins the line that says it.
const observedPrefix = "observed: "

// A holding is what a process holds.
type holding struct {
	Heap       int // KiB, live
	Goroutines int
	RSS        int // KiB
	Files      int // open ones
}

func (h holding) String() string {
	return fmt.Sprintf("heap %.1f MB, RSS %.1f MB, %d goroutines, %d open files",
		float64(h.Heap)/1024, float64(h.RSS)/1024, h.Goroutines, h.Files)
}

// holds asks a process that is at rest what it holds.
func (p *process) holds(t testing.TB) (h holding) {
	t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGUSR1); err != nil {
		t.Fatal(err)
	}
	select {
	case line := <-p.observed:
		if err := json.Unmarshal([]byte(line), &h); err != nil {
			t.Fatal(err)
		}
	case <-time.After(time.Minute):
		t.Fatal("the process does not say what it holds")
	}
	files, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", p.cmd.Process.Pid))
	if err != nil {
		t.Skip("needs /proc: ", err)
	}
	h.RSS, h.Files = p.status(t, "VmRSS"), len(files)
	return h
}

// TestSoak drives a server with all that callers do, well and badly, and holds
// it to what it held after a fifth of the time. PROCURA_SOAK says how long (make
// soak); the short one is to see that it works.
func TestSoak(t *testing.T) {
	if testing.Short() {
		t.Skip("takes its time")
	}
	long := 3 * time.Second
	if text := os.Getenv("PROCURA_SOAK"); text != "" {
		var err error
		if long, err = time.ParseDuration(text); err != nil {
			t.Fatal(err)
		}
	}
	dir := t.TempDir()
	p := start(t, procura(t), dir, nil, "--listen", "127.0.0.1:0", "--example", "example")
	s := &soak{process: p, traffic: &traffic{challenges: map[string]*challengeFile{}}}
	s.load(t, dir)
	first := s.phase(t, "at the start", long/5)
	s.phase(t, "in the middle", 2*long/5)
	last := s.phase(t, "at the end", 2*long/5)
	if last.Heap > first.Heap+first.Heap/4+8<<10 || last.RSS > first.RSS+first.RSS/4+24<<10 {
		t.Errorf("memory grew from %v to %v", first, last)
	}
	if last.Goroutines > first.Goroutines+8 || last.Files > first.Files+32 {
		t.Errorf("goroutines or files grew from %v to %v", first, last)
	}
}

// A soak is callers of many kinds.
type soak struct {
	*process
	*traffic
}

// phase lets all callers call for some time, and says what is held when they
// have gone.
func (s *soak) phase(t *testing.T, when string, long time.Duration) holding {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context()) // a deadline would make errors before it is over
	defer stop()
	defer time.AfterFunc(long, stop).Stop()
	var callers sync.WaitGroup
	calls := make([]int, 5)
	for i, call := range []func(context.Context, *caller) error{s.challenge, s.evaluateOnce, s.garbage, s.wait, s.drop} {
		callers.Go(func() {
			client := &http.Client{Transport: &http.Transport{}}
			defer client.CloseIdleConnections()
			for ctx.Err() == nil {
				if err := call(ctx, &caller{base: s.base, http: client}); err != nil && ctx.Err() == nil {
					t.Error(err)
					return
				}
				calls[i]++
			}
		})
	}
	callers.Wait()
	time.Sleep(time.Second) // for connections to end
	h := s.holds(t)
	t.Logf("%s, after %d challenges, %d evaluations, %d pieces of garbage, %d waits and %d dropped connections: %v",
		when, calls[0], calls[1], calls[2], calls[3], calls[4], h)
	return h
}

// challenge opens one and has it permitted.
func (s *soak) challenge(ctx context.Context, c *caller) error {
	var opened challengeFile
	if err := c.call(ctx, s.token, http.MethodPost, "/v1/challenges", exampleRequest(), &opened, http.StatusCreated); err != nil {
		return err
	}
	presentation, err := s.presentation(ctx, opened.Nonce)
	if err != nil {
		return err
	}
	path := strings.TrimPrefix(opened.PresentationsURL, c.base)
	return c.call(ctx, s.token, http.MethodPost, path, presentation, nil, http.StatusOK)
}

func (s *soak) evaluateOnce(ctx context.Context, c *caller) error {
	body, err := s.evaluation(ctx)
	if err != nil {
		return err
	}
	return c.call(ctx, s.token, http.MethodPost, "/v1/evaluations", json.RawMessage(body), nil, http.StatusOK)
}

// garbage is refused, whatever it is.
func (s *soak) garbage(ctx context.Context, c *caller) error {
	body, err := s.evaluation(ctx)
	if err != nil {
		return err
	}
	torn := []byte(body)
	for range 1 + rand.IntN(4) {
		torn[rand.IntN(len(torn))] ^= byte(1 + rand.IntN(255))
	}
	path := []string{"/v1/evaluations", "/v1/challenges", "/v1/challenges/none/presentations", "/nothing"}[rand.IntN(4)]
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base+path, strings.NewReader(string(torn)))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", []string{"Bearer " + string(s.token), "Bearer x", "Basic x", ""}[rand.IntN(4)])
	resp, err := c.http.Do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode >= http.StatusInternalServerError {
		return fmt.Errorf("%s: %s: %s", path, resp.Status, answer)
	}
	return err
}

// wait waits for a challenge, and leaves before it changes, or closes it.
func (s *soak) wait(ctx context.Context, c *caller) error {
	var opened challengeFile
	if err := c.call(ctx, s.token, http.MethodPost, "/v1/challenges", exampleRequest(), &opened, http.StatusCreated); err != nil {
		return err
	}
	path := strings.TrimSuffix(strings.TrimPrefix(opened.PresentationsURL, c.base), "/presentations")
	var waits sync.WaitGroup
	short, leave := context.WithTimeout(ctx, 50*time.Millisecond)
	defer leave()
	for range 4 {
		waits.Go(func() { _ = c.call(short, s.token, http.MethodGet, path+"?wait=20", nil, nil, http.StatusOK) })
		waits.Go(func() { _ = c.call(ctx, s.token, http.MethodGet, path+"?wait=20", nil, nil, http.StatusOK) })
	}
	<-short.Done()
	err := c.call(ctx, s.token, http.MethodDelete, path, nil, nil, http.StatusNoContent)
	waits.Wait()
	return err
}

// drop hangs up in the middle of a request, or before its answer.
func (s *soak) drop(ctx context.Context, c *caller) error {
	body, err := s.evaluation(ctx)
	if err != nil {
		return err
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", strings.TrimPrefix(c.base, "http://"))
	if err != nil {
		return err
	}
	defer conn.Close()
	request := s.post("/v1/evaluations", body)
	_, err = conn.Write(request[:1+rand.IntN(len(request))])
	time.Sleep(time.Duration(rand.IntN(5)) * time.Millisecond)
	return err
}
