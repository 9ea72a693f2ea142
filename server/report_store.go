package server

import (
	"context"
	"time"
)

// A ReportKind says what a report is.
type ReportKind string

// The two kinds. A line of a decision log is filed once; of an instance's statuses
// the last is kept.
const (
	ReportLog    ReportKind = "log"
	ReportStatus ReportKind = "status"
)

// A Report is what an edge OPA sent: a line of its decision log, or its status.
type Report struct {
	Seq           int64 // in the order of filing; set by the store
	Kind          ReportKind
	Tenant        string
	Client        string // who sent it
	ID            string // of the decision or of the instance; 1–128 printable ASCII characters
	Name, Version string // the framework's; empty: none that the tenant has
	ReceivedAt    time.Time
	Expires       time.Time // it is swept then
	Content       []byte    // JSON, as it was sent
}

// A ReportQuery chooses reports.
type ReportQuery struct {
	Tenant    string
	Kind      ReportKind
	Framework *string // a name; "": of none that the tenant has; nil: of any
	After     int64   // those with a higher Seq
	Most      int     // rows
	Bytes     int     // of content, but for that of the first
}

// Reports keeps what edges report. Its methods are safe for concurrent use, also
// by several processes.
type Reports interface {
	// FileReports stores reports of one tenant and kind, all or none, and returns how
	// many were not there: a log line whose tenant, client and ID are there stays as
	// it is, a status replaces the one before. Of the tenant's reports of this kind
	// the last most are kept. What was filed later is never read before what was
	// filed earlier.
	FileReports(ctx context.Context, list []Report, most int) (int, error)

	// ListReports returns reports in the order of filing.
	ListReports(ctx context.Context, q ReportQuery) ([]Report, error)
}
