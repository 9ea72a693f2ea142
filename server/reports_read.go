package server

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"
)

// A reportLine is a report as auditors read it.
type reportLine struct {
	Seq        int64           `json:"seq"` // ?after= reads on from here
	ReceivedAt time.Time       `json:"receivedAt"`
	Client     string          `json:"client"`
	Framework  *reportOf       `json:"framework,omitempty"` // absent: none that the tenant has
	Line       json.RawMessage `json:"line,omitempty"`      // of the decision log, as it was sent
	Status     json.RawMessage `json:"status,omitempty"`    // as it was sent
}

type reportOf struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// getLogs answers with what edges logged, in the order of filing, of ?framework=
// alone (empty: of none that the tenant has).
func (s *Server) getLogs(c *gin.Context) error {
	q := ReportQuery{Kind: ReportLog}
	if name, ok := c.GetQuery("framework"); ok {
		q.Framework = &name
	}
	return s.answerReports(c, q)
}

// getStatus answers with the last status of each OPA, in the order of filing.
func (s *Server) getStatus(c *gin.Context) error {
	return s.answerReports(c, ReportQuery{Kind: ReportStatus})
}

// answerReports writes a page, a line each; an empty one is the last.
func (s *Server) answerReports(c *gin.Context, q ReportQuery) error {
	if after, ok := c.GetQuery("after"); ok {
		n, err := strconv.ParseInt(after, 10, 64)
		if err != nil || n < 0 {
			return faulty("after", "must be the seq of a line that was read")
		}
		q.After = n
	}
	q.Tenant, q.Most, q.Bytes = who(c).Tenant, reportsPage, reportsBytes
	list, err := s.cfg.Reports.ListReports(c.Request.Context(), q)
	if err != nil {
		return err
	}
	var out bytes.Buffer
	for i := range list {
		line, err := json.Marshal(lineOf(&list[i]))
		if err != nil {
			return fmt.Errorf("writing the answer: %w", err)
		}
		out.Write(append(line, '\n'))
	}
	c.Header("Cache-Control", "no-store")
	c.Data(http.StatusOK, mediaLines, out.Bytes())
	return nil
}

func lineOf(r *Report) reportLine {
	l := reportLine{Seq: r.Seq, ReceivedAt: r.ReceivedAt, Client: r.Client}
	if r.Name != "" {
		l.Framework = &reportOf{r.Name, r.Version}
	}
	if r.Kind == ReportLog {
		l.Line = r.Content
	} else {
		l.Status = r.Content
	}
	return l
}
