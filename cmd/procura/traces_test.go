package main

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	collected "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	otlp "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/procura-dev/procura/verifier"
	"github.com/procura-dev/procura/verifier/proof"
	"github.com/procura-dev/procura/verifier/vc"
)

// A collector takes spans over OTLP/HTTP.
type collector struct {
	*httptest.Server
	mu  sync.Mutex
	raw bytes.Buffer
	got []*otlp.ResourceSpans
}

func newCollector(t *testing.T) *collector {
	t.Helper()
	c := &collector{}
	c.Server = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		raw, err := io.ReadAll(r.Body)
		m := &collected.ExportTraceServiceRequest{}
		if err != nil || r.URL.Path != "/v1/traces" || proto.Unmarshal(raw, m) != nil {
			t.Errorf("%s: %d bytes that are no spans", r.URL, len(raw))
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		c.raw.Write(raw)
		c.got = append(c.got, m.GetResourceSpans()...)
	}))
	t.Cleanup(c.Close)
	return c
}

// spans are those that came, by name.
func (c *collector) spans() map[string]*otlp.Span {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := map[string]*otlp.Span{}
	for _, r := range c.got {
		for _, s := range r.GetScopeSpans() {
			for _, span := range s.GetSpans() {
				out[span.GetName()] = span
			}
		}
	}
	return out
}

func attributeOf(s *otlp.Span, name string) string {
	for _, a := range s.GetAttributes() {
		if a.GetKey() == name {
			return a.GetValue().GetStringValue()
		}
	}
	return ""
}

// What a server tells a collector: the steps of a call, and nothing that was
// sent. The caller's traceparent says where a trace hangs, not whether it is kept.
func TestTraces(t *testing.T) {
	t.Parallel()
	to, dir := newCollector(t), t.TempDir()
	p := start(t, procura(t), dir, []string{"OTEL_EXPORTER_OTLP_ENDPOINT=" + to.URL}, "--listen", "127.0.0.1:0", "--example", "example")
	tr := &traffic{challenges: map[string]*challengeFile{}}
	tr.load(t, dir)
	c := &caller{base: p.base, http: http.DefaultClient}
	id, ch := tr.open(t.Context(), c)
	if ch == nil {
		t.Fatal(p.said())
	}
	presentation, err := (&proof.Signer{Key: tr.holder, At: time.Now()}).Presentation(t.Context(), []any{tr.credential},
		vc.FormatVPJWT11, proof.Expect{Nonce: ch.Nonce, Domain: ch.Domain})
	if err != nil {
		t.Fatal(err)
	}
	body, err := json.Marshal(presentation)
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.base+"/v1/challenges/"+id+"/presentations?include=input",
		strings.NewReader(`{"presentations": [`+string(body)+`]}`))
	if err != nil {
		t.Fatal(err)
	}
	const traceID, parentID = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
	r.Header = http.Header{
		"Content-Type": {"application/json"}, "Authorization": {"Bearer " + string(tr.token)}, "X-Request-Id": {"request-7"},
		"Traceparent": {"00-" + traceID + "-" + parentID + "-00"}, "Tracestate": {"spy=smuggled"}, "Baggage": {"spy=smuggled"},
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if raw, err := io.ReadAll(resp.Body); err != nil || resp.StatusCode != http.StatusOK || !bytes.Contains(raw, []byte(`"permit"`)) {
		t.Fatalf("%d: %s", resp.StatusCode, raw)
	}
	checkDocument(t, p.base, string(tr.token), tr.credential)
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil { // the end sends what waits
		t.Fatal(err)
	}
	if err := p.wait(); err != nil {
		t.Fatal(err)
	}
	spans := to.spans()
	call := spans["POST /v1/challenges/:id/presentations"]
	if hex.EncodeToString(call.GetTraceId()) != traceID || hex.EncodeToString(call.GetParentSpanId()) != parentID || attributeOf(call, "procura.request_id") != "request-7" {
		t.Errorf("the call: %v, want it below its caller's span, with the id of the request", call)
	}
	for name, want := range map[string][2]string{
		"verification": {"procura.format", vc.FormatVPJWT11}, "policy": {"procura.outcome", "permit"}, "store commit decision": {"procura.transaction", "commit decision"},
	} {
		s := spans[name]
		if hex.EncodeToString(s.GetTraceId()) != traceID || !bytes.Equal(s.GetParentSpanId(), call.GetSpanId()) || attributeOf(s, want[0]) != want[1] {
			t.Errorf("%s: %v, want it below the call, %s %s", name, s, want[0], want[1])
		}
	}
	if s := spans["check"]; !bytes.Equal(s.GetParentSpanId(), spans["POST /credentials/verify"].GetSpanId()) ||
		attributeOf(s, "procura.format") != vc.FormatVCJWT11 || attributeOf(s, "procura.outcome") != verifier.Proved {
		t.Errorf("check: %v, want it below its call, with format and outcome", s)
	}
	to.mu.Lock()
	defer to.mu.Unlock()
	for what, secret := range map[string]string{
		"the token": string(tr.token), "the nonce": ch.Nonce, "a DID": "did:", "the challenge": id, "the domain": ch.Domain, "tracestate": "smuggled", "the query": "include=input",
	} {
		if bytes.Contains(to.raw.Bytes(), []byte(secret)) {
			t.Errorf("the spans hold %s", what)
		}
	}
}

// checkDocument sends a credential to a verify door.
func checkDocument(t *testing.T, base, token string, credential any) {
	t.Helper()
	body, err := json.Marshal(map[string]any{"verifiableCredential": credential})
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, base+"/credentials/verify", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header = http.Header{"Content-Type": {"application/json"}, "Authorization": {"Bearer " + token}}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if raw, err := io.ReadAll(resp.Body); err != nil || resp.StatusCode != http.StatusOK || !bytes.Contains(raw, []byte(`"verified":true`)) {
		t.Fatalf("%d: %s", resp.StatusCode, raw)
	}
}

// A collector that takes calls and never answers: spans that find no room are
// dropped, no call waits, and the end is not delayed for ever.
func TestTracesToOneWhoHangs(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	env := []string{"OTEL_EXPORTER_OTLP_ENDPOINT=http://" + l.Addr().String(), "OTEL_BSP_MAX_QUEUE_SIZE=1", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE=1", "OTEL_EXPORTER_OTLP_TIMEOUT=600000", "OTEL_BSP_EXPORT_TIMEOUT=600000"}
	p := start(t, procura(t), t.TempDir(), env, "--listen", "127.0.0.1:0")
	for range 20 {
		if status := get(t, p.base+"/livez"); status != http.StatusOK {
			t.Errorf("/livez: %d", status)
		}
	}
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := p.wait(); err != nil || !strings.Contains(p.said(), "traces were not sent before the end") {
		t.Errorf("%v: %s, want an end, and the log to say that spans were lost", err, p.said())
	}
}
