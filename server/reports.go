package server

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/procura-dev/procura/trustframeworks/compile"
	"github.com/procura-dev/procura/verifier/vc"
)

// What is taken of edges, and for how long it is kept.
const (
	maxUnpacked  = 10 << 20  // bytes of a body that came compressed
	maxLines     = 10_000    // of one body
	maxReport    = 128 << 10 // bytes of a line or a status
	maxLogs      = 100_000   // lines of a tenant; the oldest go first
	maxStatuses  = 1_000     // instances of a tenant; those that were silent longest go first
	keepReports  = 30 * 24 * time.Hour
	reportsPage  = 1_000
	reportsBytes = 4 << 20
)

var (
	reportID     = regexp.MustCompile(`^[!-~]{1,128}$`)
	decisionPath = regexp.MustCompile(`^/?(procura/f/[0-9a-f]{32})/decision$`)
)

// A filed answers a batch: OPA sends one that is not answered by 200 again.
type filed struct {
	Filed   int           `json:"filed"`   // lines that were not there
	Again   int           `json:"again"`   // lines that were
	Refused []refusedLine `json:"refused"` // lines that are not kept
}

type refusedLine struct {
	Line   int    `json:"line"` // from 0
	Reason string `json:"reason"`
}

// fileLogs takes a batch of OPA's decision log service, and keeps what are decisions.
func (s *Server) fileLogs(c *gin.Context) error {
	raw, err := readReport(c)
	if err != nil {
		return err
	}
	lines, err := linesOf(raw)
	if err != nil {
		return err
	}
	roots := s.roots(c)
	answer := filed{Refused: []refusedLine{}}
	var list []Report
	for i, line := range lines {
		r, reason := s.logLine(c, line, roots)
		if reason != "" {
			answer.Refused = append(answer.Refused, refusedLine{i, reason})
			continue
		}
		list = append(list, r)
	}
	if answer.Filed, err = s.cfg.Reports.FileReports(c.Request.Context(), list, maxLogs); err != nil {
		return err
	}
	answer.Again = len(list) - answer.Filed
	return write(c, http.StatusOK, answer)
}

// linesOf takes a batch apart and reads each line strictly, one after the other: the
// tree of all can be forty times as large as their text, and that hundreds of times as
// large as what came compressed.
func linesOf(raw []byte) ([]json.RawMessage, error) {
	if len(raw) <= maxReport { // whose tree is small
		if _, err := parse(raw, vc.ParseJSON); err != nil {
			return nil, err
		}
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	begin, err := d.Token()
	switch {
	case err != nil:
		return nil, noBatch(err)
	case begin != json.Delim('[') && !json.Valid(raw):
		return nil, noBatch(errors.New("the body is no JSON"))
	case begin != json.Delim('[') || !d.More():
		return nil, faulty("", "must be an array of log lines")
	}
	var lines []json.RawMessage
	for d.More() {
		if len(lines) == maxLines {
			return nil, faulty("", "holds more than %d lines", maxLines)
		}
		line, err := nextLine(d)
		if err != nil {
			return nil, noBatch(err)
		}
		lines = append(lines, line)
	}
	if _, err := d.Token(); err != nil {
		return nil, noBatch(err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, noBatch(errors.New("something stands after the array"))
	}
	return lines, nil
}

// noBatch says what is wrong with a batch that is no JSON.
func noBatch(err error) error { return tell(errors.Join(errSyntax, err), "%s", err) }

// nextLine is a line as it came. Of one that is too long to be kept nothing is read.
func nextLine(d *json.Decoder) (line json.RawMessage, err error) {
	if err := d.Decode(&line); err != nil || len(line) > maxReport {
		return line, err
	}
	_, err = vc.ParseJSON(line)
	if wrong, ok := errors.AsType[*vc.SyntaxError](err); ok {
		wrong.Offset += int(d.InputOffset()) - len(line) // from the beginning of the batch
	}
	return line, err
}

// roots finds the versions that a caller may read by where their decisions are.
func (s *Server) roots(c *gin.Context) map[string]*entry {
	roots := map[string]*entry{}
	for _, e := range s.readable(c) {
		roots[compile.Root(e.Name, e.Version)] = e
	}
	return roots
}

// logLine reads what is filed of a line, or why it is not. A root that the tenant
// does not know is filed under no framework: somebody decides by it.
func (s *Server) logLine(c *gin.Context, line json.RawMessage, roots map[string]*entry) (Report, string) {
	if len(line) > maxReport {
		return Report{}, "is longer than " + strconv.Itoa(maxReport) + " bytes"
	}
	var m map[string]json.RawMessage // exact: encoding/json matches the names of fields without case
	if json.Unmarshal(line, &m) != nil || m == nil {
		return Report{}, "is no object"
	}
	id := textOf(m["decision_id"])
	if !reportID.MatchString(id) {
		return Report{}, "has no decision_id of 1 to 128 printable ASCII characters"
	}
	at := decisionPath.FindStringSubmatch(textOf(m["path"]))
	if at == nil {
		return Report{}, "is no decision of a framework"
	}
	r := s.report(c, ReportLog, id, line)
	if e := roots[at[1]]; e != nil {
		r.Name, r.Version = e.Name, e.Version
	}
	return r, ""
}

// textOf is a text; empty where there is another value, or none.
func textOf(raw json.RawMessage) (text string) {
	if json.Unmarshal(raw, &text) != nil {
		return ""
	}
	return text
}

func (s *Server) report(c *gin.Context, kind ReportKind, id string, content []byte) Report {
	now := s.cfg.Now().UTC()
	return Report{Kind: kind, Tenant: who(c).Tenant, Client: who(c).Client, ID: id, ReceivedAt: now, Expires: now.Add(keepReports), Content: content}
}

// fileStatus takes the status of an OPA, in the place of its last one.
func (s *Server) fileStatus(c *gin.Context) error {
	raw, err := readReport(c)
	if err != nil {
		return err
	}
	if len(raw) > maxReport {
		return tooLarge(maxReport)
	}
	if _, err := parse(raw, vc.ParseJSON); err != nil {
		return err
	}
	var m, labels map[string]json.RawMessage
	if json.Unmarshal(raw, &m) != nil {
		return faulty("", "must be an object")
	}
	_ = json.Unmarshal(m["labels"], &labels) // without an object there is no id
	id := textOf(labels["id"])
	if !reportID.MatchString(id) {
		return faulty("labels/id", "must be 1 to 128 printable ASCII characters")
	}
	if _, err := s.cfg.Reports.FileReports(c.Request.Context(), []Report{s.report(c, ReportStatus, id, raw)}, maxStatuses); err != nil {
		return err
	}
	return empty(c)
}

// readReport returns the text of a JSON body that may have come compressed. None of
// it is read.
func readReport(c *gin.Context) ([]byte, error) {
	switch c.GetHeader("Content-Encoding") {
	case "":
	case "gzip":
		c.Request.Header.Del("Content-Encoding") // what follows reads what it holds
		packed := c.Request.Body
		plain, err := gzip.NewReader(packed)
		if err != nil {
			return nil, unpacking(err)
		}
		c.Request.Body = &unpacked{Reader: http.MaxBytesReader(nil, io.NopCloser(plain), maxUnpacked), Closer: packed}
	default:
		return nil, tell(errMediaType, "the Content-Encoding must be gzip, or none")
	}
	raw, _, err := readBody(c, mediaJSON)
	return bytes.TrimSpace(raw), err
}

type unpacked struct {
	io.Reader
	io.Closer
}

// unpacking says why a body could not be unpacked: a body that is not what its
// header says is of another media type.
func unpacking(err error) error {
	if errors.Is(err, gzip.ErrHeader) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return tell(errMediaType, "the body is not the gzip that its Content-Encoding says it is")
	}
	return arrival(err)
}
