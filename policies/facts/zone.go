package facts

import (
	"archive/zip"
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"
)

// TZVersion is the version of the IANA time zone database that local times are
// read by. It is our own copy: the machine's may differ between processes.
const TZVersion = "2025c"

//go:embed tz/zoneinfo.zip
var zoneinfo []byte

var zones = sync.OnceValues(func() (*zip.Reader, error) {
	return zip.NewReader(bytes.NewReader(zoneinfo), int64(len(zoneinfo)))
})

var errZone = errors.New("is no zone of the IANA time zone database")

// zone finds a time zone by its IANA name, spelled exactly.
func zone(name string) (*time.Location, error) {
	if name == "UTC" {
		return time.UTC, nil
	}
	archive, err := zones()
	if err != nil {
		return nil, fmt.Errorf("opening the time zone database: %w", err)
	}
	for _, f := range archive.File {
		if f.Name == name && !f.FileInfo().IsDir() {
			return load(f)
		}
	}
	return nil, errZone
}

func load(f *zip.File) (*time.Location, error) {
	r, err := f.Open()
	if err != nil {
		return nil, fmt.Errorf("opening zone %s: %w", f.Name, err)
	}
	defer func() { _ = r.Close() }()
	data, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("reading zone %s: %w", f.Name, err)
	}
	return time.LoadLocationFromTZData(f.Name, data)
}

// dayStart is the first instant of a calendar day (given as its midnight in
// UTC) in loc. Where the clock skips midnight that is the moment of the jump;
// where midnight comes twice, the first one.
func dayStart(day time.Time, loc *time.Location) time.Time {
	t := day.Add(-36 * time.Hour).In(loc)
	for {
		_, offset := t.Zone()
		begin, end := bounds(t)
		start := day.Add(-time.Duration(offset) * time.Second)
		if !begin.IsZero() && start.Before(begin) {
			start = begin
		}
		if end.IsZero() || start.Before(end) {
			return start
		}
		t = end
	}
}

// bounds are the instants between which the offset of t holds in its zone; zero:
// always. The end may be less: the end of a year. Where a zone follows a rule
// [time.Time.ZoneBounds] takes each year to have 365 days, so that on the last
// day of a leap year its end is past: nothing changes until the next.
func bounds(t time.Time) (begin, end time.Time) {
	begin, end = t.ZoneBounds()
	if !end.IsZero() && !end.After(t) {
		end = time.Date(t.UTC().Year()+1, time.January, 1, 0, 0, 0, 0, time.UTC).In(t.Location())
	}
	return begin, end
}
