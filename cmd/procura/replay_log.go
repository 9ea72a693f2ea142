package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/procura-dev/procura/policies/facts"
)

// A logLine is a line of an OPA decision log.
type logLine struct {
	DecisionID string          `json:"decision_id"`
	Path       string          `json:"path"`
	Input      json.RawMessage `json:"input"`
	Result     json.RawMessage `json:"result"`
	Erased     []string        `json:"erased"` // JSON Pointers into the line
	Masked     []string        `json:"masked"`
	Line       *logLine        `json:"line"` // where GET /logs answered it
	Bundles    map[string]struct {
		Revision string `json:"revision"`
	} `json:"bundles"`
}

var edgePath = regexp.MustCompile(`^/?(procura/f/[0-9a-f]{32})/decision$`)

// readLogLine reads a line of an OPA decision log; nil where raw is none.
func readLogLine(raw []byte) (*recorded, error) {
	l := &logLine{}
	if err := json.Unmarshal(raw, l); err != nil {
		return nil, err
	}
	if l.Line != nil {
		l = l.Line
	}
	if l.DecisionID == "" {
		return nil, nil
	}
	at := edgePath.FindStringSubmatch(l.Path)
	if at == nil {
		return nil, fmt.Errorf("the log line's path %q is no decision of a framework", l.Path)
	}
	if err := l.whole(); err != nil {
		return nil, fmt.Errorf("not replayable: %w", err)
	}
	r := &recorded{root: at[1], revisions: map[string]bool{}, Input: &facts.Input{}}
	for _, b := range l.Bundles {
		r.revisions[b.Revision] = true
	}
	if err := json.Unmarshal(l.Result, &r.Decision); err != nil {
		return nil, fmt.Errorf("not replayable: the log line's result is no decision: %w", err)
	}
	in := json.NewDecoder(bytes.NewReader(l.Input))
	in.DisallowUnknownFields() // they would be lost, and it would not be what the edge decided by
	if err := in.Decode(r.Input); err != nil {
		return nil, fmt.Errorf("not replayable: the log line's input is not one of ours: %w", err)
	}
	return r, nil
}

// whole refuses a line that does not hold what was asked and answered.
func (l *logLine) whole() error {
	for _, at := range append(l.Erased, l.Masked...) {
		if pointsInto(at, "/input") || pointsInto(at, "/result") {
			return fmt.Errorf("the edge's mask took %s out of the log line", at)
		}
	}
	switch {
	case l.Input == nil || string(l.Input) == "null":
		return errors.New("the log line has no input")
	case l.Result == nil || string(l.Result) == "null":
		return errors.New("the log line has no result: the edge had no such decision")
	}
	return nil
}

func pointsInto(pointer, member string) bool {
	return pointer == member || strings.HasPrefix(pointer, member+"/")
}
