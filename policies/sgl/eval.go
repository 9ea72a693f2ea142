package sgl

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
)

// MaxLine is the longest line that EvalLines reads, in bytes.
const MaxLine = 1 << 20

// EvalLines answers questions, one JSON object a line:
//
//	{"id": any, "group": [principal…], "when": condition, "disjoint"?: bool}
//
// by {"id", "satisfied": bool}, or {"id", "error": {"code", "message"}} where the
// question could not be evaluated. Every line gets one answer, in order; the id
// of a line that is not JSON, or gives its id twice, is null. Other members are
// ignored. Answers are written at the latest before it waits for more. The error
// is one of reading or writing.
func EvalLines(r io.Reader, w io.Writer) error { return eachLine(r, w, answer) }

// readLine reads a line without its end. Of one beyond MaxLine it keeps MaxLine
// bytes and one, so that answer can tell.
func readLine(in *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := in.ReadSlice('\n')
		part = bytes.TrimSuffix(part, []byte{'\n'})
		line = append(line, part[:min(len(part), MaxLine+1-len(line))]...)
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, err
		}
	}
}

// An evaluated is the answer to one line.
type evaluated struct {
	ID        json.RawMessage `json:"id"`
	Satisfied *bool           `json:"satisfied,omitempty"`
	Error     *lineError      `json:"error,omitempty"`
}

type lineError struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

// answer evaluates one line and writes the answer, with its line end.
func answer(line []byte) []byte {
	id, outcome := evaluate(line)
	a := evaluated{ID: id}
	if p := outcome.Problem; p != nil {
		a.Error = &lineError{p.Code, p.Message}
	} else {
		a.Satisfied = &outcome.Met
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(a); err != nil { // the id is JSON that we have read
		panic(err)
	}
	return out.Bytes()
}

func evaluate(line []byte) (json.RawMessage, Outcome) {
	id, question, problem := openLine(line)
	if problem != nil {
		return id, Outcome{Problem: problem}
	}
	return id, decide(question)
}

// decide evaluates a line that was read. Invalid goes before too large, whatever
// of the line is the one or the other.
func decide(question map[string]any) Outcome {
	disjoint, ok := question["disjoint"].(bool)
	if _, given := question["disjoint"]; !given {
		disjoint, ok = true, true
	}
	if !ok {
		return Outcome{Problem: &Problem{Invalid, "/disjoint: true or false is needed"}}
	}
	rule := ParseCondition(question["when"])
	group, problem := readGroup(question["group"])
	if p := rule.Problem(disjoint); p != nil && (problem == nil || p.Code == Invalid) {
		problem = p
	}
	if problem != nil {
		return Outcome{Problem: problem}
	}
	return Verdict(rule, group, disjoint, false)
}
