package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/procura-dev/procura/server"
	"github.com/procura-dev/procura/verifier/proof"
	"github.com/procura-dev/procura/verifier/vc"
)

// callers is how many connections the load comes by.
const callers = 32

// BenchmarkServeEvaluations is POST /v1/evaluations as a caller has it: serve
// in a process of its own, on SQLite, over TCP with keep-alive, the load beside
// it; each call with a JWT presentation over a nonce of its own, signed before.
// All show one credential, whose signature the server remembers; or each one
// of its own, of which none is remembered.
// bare-gin is the same load on a server that decides nothing.
// The targets are 2,500 requests/s and 40 p99-ms on two cores, under 200 MB.
//
// x-two-verifications is the processor time that the server takes for a
// request, over that of two Ed25519 verifications measured beside it: what else
// the machine does moves it least.
func BenchmarkServeEvaluations(b *testing.B) {
	dir := b.TempDir()
	program := filepath.Join(folder(b), "bin", "procura")
	p := start(b, program, dir, nil, "--listen", "127.0.0.1:0", "--example", "example")
	tr := &traffic{challenges: map[string]*challengeFile{}}
	tr.load(b, dir)
	b.Run("bare-gin", func(b *testing.B) { measure(b, start(b, "bare-gin", dir, nil), tr.evaluations(b, b.N)) })
	b.Run("one-credential", func(b *testing.B) { measure(b, p, tr.evaluations(b, b.N)) })
	b.Run("new-credentials", func(b *testing.B) {
		issuer, err := readKey(filepath.Join(dir, "example", "issuer.jwk"))
		if err != nil {
			b.Fatal(err)
		}
		tr.issue = func(ctx context.Context) (string, error) {
			now := time.Now()
			return (&grandparent{did: tr.holder.DID(), name: "Amina " + string(server.NewToken()), from: now.Add(-time.Minute), until: now.Add(time.Hour),
				constraints: map[string]any{}}).signed(ctx, issuer)
		}
		measure(b, p, tr.evaluations(b, b.N))
	})
}

// bareGin is a server that does nothing but read a body of JSON and write it
// back, and says that it permits: what HTTP and JSON alone cost.
func bareGin() {
	gin.SetMode(gin.ReleaseMode)
	e := gin.New()
	e.POST("/v1/evaluations", func(c *gin.Context) {
		var body map[string]any
		if err := c.ShouldBindJSON(&body); err != nil {
			c.Status(http.StatusBadRequest)
			return
		}
		body["decision"] = "permit"
		answer, err := json.Marshal(body)
		if err != nil {
			c.Status(http.StatusInternalServerError)
			return
		}
		c.Header("Content-Length", strconv.Itoa(len(answer))) // that it is not sent in chunks
		c.Data(http.StatusOK, "application/json", answer)
	})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Fprintf(os.Stderr, "procura listens on http://%s\n", l.Addr())
	panic(http.Serve(l, e)) //nolint:gosec // it has one caller
}

// measure sends the requests and reports what they took.
func measure(b *testing.B, p *process, requests [][]byte) {
	beside, done := context.WithCancel(b.Context())
	verification := make(chan time.Duration)
	go func() { verification <- twoVerifications(beside) }()
	busy := p.busy(b)
	b.ResetTimer()
	took, permitted := load(b, strings.TrimPrefix(p.base, "http://"), requests)
	b.StopTimer()
	done()
	busy = p.busy(b) - busy
	if permitted != len(requests) {
		b.Errorf("%d of %d were permitted", permitted, len(requests))
	}
	slices.Sort(took)
	milliseconds := func(share float64) float64 {
		return took[int(share*float64(len(took)-1))].Seconds() * 1e3
	}
	b.ReportMetric(float64(len(took))/b.Elapsed().Seconds(), "requests/s")
	b.ReportMetric(milliseconds(0.5), "p50-ms")
	b.ReportMetric(milliseconds(0.99), "p99-ms")
	b.ReportMetric(float64(p.status(b, "VmRSS"))/1024, "RSS-MB")
	b.ReportMetric(float64(busy.Microseconds())/float64(len(took)), "server-µs/request")
	b.ReportMetric(float64(busy)/float64(len(took))/float64(<-verification), "x-two-verifications")
}

// twoVerifications measures, until ctx is done, the processor time that two
// Ed25519 verifications of 1 KiB take, now and then, beside the load: what
// slows one slows the other.
func twoVerifications(ctx context.Context) time.Duration {
	runtime.LockOSThread() // its time is the thread's
	defer runtime.UnlockOSThread()
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		panic(err)
	}
	message := make([]byte, 1024)
	signature := ed25519.Sign(private, message)
	busy, n := time.Duration(0), 0
	for ; n == 0 || ctx.Err() == nil; n += 20 {
		began := threadTime()
		for range 2 * 20 {
			if !ed25519.Verify(public, message, signature) {
				panic("a good signature does not verify")
			}
		}
		busy += threadTime() - began
		time.Sleep(100 * time.Millisecond)
	}
	return busy / time.Duration(n)
}

// threadTime is the processor time of this thread.
func threadTime() time.Duration {
	var u syscall.Rusage
	const thread = 1 // RUSAGE_THREAD (getrusage(2))
	if err := syscall.Getrusage(thread, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// evaluations writes n requests down, head and body.
func (tr *traffic) evaluations(t testing.TB, n int) [][]byte {
	t.Helper()
	out := make([][]byte, n)
	for i := range out {
		body, err := tr.evaluation(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		out[i] = tr.post("/v1/evaluations", body)
	}
	return out
}

// evaluation is the body of one, over a nonce of its own.
func (tr *traffic) evaluation(ctx context.Context) (string, error) {
	nonce := string(server.NewToken())
	if tr.issue != nil {
		var err error
		if tr.credential, err = tr.issue(ctx); err != nil {
			return "", err
		}
	}
	presentation, err := tr.presentation(ctx, nonce)
	if err != nil {
		return "", err
	}
	request, err := json.Marshal(exampleRequest())
	return fmt.Sprintf(`{"request": %s, "presentations": [%q], "nonce": %q, "domain": %q}`, request, presentation, nonce, campDomain), err
}

// presentation signs one of the example's credential over nonce.
func (tr *traffic) presentation(ctx context.Context, nonce string) (any, error) {
	return (&proof.Signer{Key: tr.holder, At: time.Now()}).Presentation(ctx, []any{tr.credential},
		vc.FormatVPJWT11, proof.Expect{Nonce: nonce, Domain: campDomain})
}

// post writes a request down.
func (tr *traffic) post(path, body string) []byte {
	return fmt.Appendf(nil, "POST %s HTTP/1.1\r\nHost: procura.test\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
		path, string(tr.token), len(body), body)
}

// load sends the requests by several connections, each the next one as soon as
// its last is answered, and tells how long each took and how many were
// permitted. It does next to nothing itself: it has the server's processors.
func load(t testing.TB, addr string, requests [][]byte) (took []time.Duration, permitted int) {
	t.Helper()
	var next, yes atomic.Int64
	took = make([]time.Duration, len(requests))
	var wg sync.WaitGroup
	for range min(callers, len(requests)) {
		wg.Go(func() {
			conn, err := net.Dial("tcp", addr)
			if err != nil {
				t.Error(err)
				return
			}
			defer conn.Close()
			answers := bufio.NewReaderSize(conn, 64<<10)
			for {
				i := int(next.Add(1)) - 1
				if i >= len(requests) {
					return
				}
				began := time.Now()
				permit, err := exchange(conn, answers, requests[i])
				if err != nil {
					t.Error(err)
					return
				}
				took[i] = time.Since(began)
				if permit {
					yes.Add(1)
				}
			}
		})
	}
	wg.Wait()
	return took, int(yes.Load())
}

// exchange sends one request and reads whether it was permitted. It reads no
// more of HTTP than the answers of a server of ours have: what reads all of it
// takes the server a tenth of its processors.
func exchange(conn net.Conn, answers *bufio.Reader, request []byte) (permit bool, err error) {
	if _, err := conn.Write(request); err != nil {
		return false, err
	}
	status, size := "", -1
	for {
		line, err := answers.ReadSlice('\n')
		if err != nil {
			return false, err
		}
		if len(line) == 2 {
			break
		}
		if status == "" {
			status = string(line)
		} else if value, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
			if size, err = strconv.Atoi(string(bytes.TrimSpace(value))); err != nil {
				return false, err
			}
		}
	}
	body, err := answers.Peek(max(size, 0))
	if err != nil || size < 0 || !strings.HasPrefix(status, "HTTP/1.1 200 ") {
		return false, fmt.Errorf("%s: %s (%w)", status, body, err)
	}
	permit = bytes.Contains(body, []byte(`"decision":"permit"`)) || bytes.Contains(body, []byte(`"decision":true`))
	_, err = answers.Discard(size)
	return permit, err
}

// busy is the processor time that the process took, to 10 ms (proc(5), stat:
// utime and stime, in hundredths of a second).
func (p *process) busy(t testing.TB) time.Duration {
	t.Helper()
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
	if err != nil {
		t.Skip("needs /proc: ", err)
	}
	_, rest, _ := strings.Cut(string(raw), ") ") // after the name, from the third field on
	fields := strings.Fields(rest)
	sum := time.Duration(0)
	for _, field := range fields[11:13] {
		n, err := strconv.Atoi(field)
		if err != nil {
			t.Fatal(err)
		}
		sum += time.Duration(n) * 10 * time.Millisecond
	}
	return sum
}

// status is a number of the process, as proc(5) has it in status.
func (p *process) status(t testing.TB, name string) int {
	t.Helper()
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		t.Skip("needs /proc: ", err)
	}
	for line := range strings.Lines(string(raw)) {
		if rest, ok := strings.CutPrefix(line, name+":"); ok {
			n, err := strconv.Atoi(strings.Fields(rest)[0])
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
	}
	t.Fatalf("no %s in status", name)
	return 0
}
