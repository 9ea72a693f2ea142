package sgl

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
)

// FormatLines writes rules as text, one JSON object a line: {"id": any, "rule":
// rule} is answered by {"id", "text"}, or {"id", "error": {"code", "message"}}.
// Lines are read and answered as those of EvalLines. The error is one of reading
// or writing, or wraps ErrLocale.
func FormatLines(r io.Reader, w io.Writer, locale string) error {
	f, err := frameOf(locale)
	if err != nil {
		return err
	}
	return eachLine(r, w, func(line []byte) []byte {
		return translate(line, func(members map[string]any, to *translated) (p *Problem) {
			to.Text, p = f.format(members["rule"])
			return p
		})
	})
}

// ParseLines is the way back: {"id", "text"} is answered by {"id", "rule"} or an
// error.
func ParseLines(r io.Reader, w io.Writer, locale string) error {
	f, err := frameOf(locale)
	if err != nil {
		return err
	}
	return eachLine(r, w, func(line []byte) []byte {
		return translate(line, func(members map[string]any, to *translated) (p *Problem) {
			sentence, ok := members["text"].(string)
			if !ok {
				return &Problem{Invalid, "/text: a string is needed"}
			}
			to.Rule, p = f.parse(sentence)
			return p
		})
	})
}

// eachLine answers every line, in order, and flushes before it waits for more.
func eachLine(r io.Reader, w io.Writer, answer func(line []byte) []byte) error {
	in, out := bufio.NewReaderSize(r, 64<<10), bufio.NewWriter(w)
	for {
		line, err := readLine(in)
		if err != nil && !errors.Is(err, io.EOF) {
			return errors.Join(err, out.Flush())
		}
		if len(line) > 0 || err == nil {
			if _, err := out.Write(answer(line)); err != nil {
				return err
			}
		}
		if err != nil {
			return out.Flush()
		}
		if in.Buffered() == 0 {
			if err := out.Flush(); err != nil {
				return err
			}
		}
	}
}

// A translated is the answer to one line; it has one of Text, Rule and Error.
type translated struct {
	ID    json.RawMessage `json:"id"`
	Text  string          `json:"text,omitempty"`
	Rule  map[string]any  `json:"rule,omitempty"`
	Error *lineError      `json:"error,omitempty"`
}

// translate answers one line, with its line end.
func translate(line []byte, do func(map[string]any, *translated) *Problem) []byte {
	id, members, problem := openLine(line)
	to := translated{ID: id}
	if problem == nil {
		problem = do(members, &to)
	}
	if problem != nil {
		to = translated{ID: id, Error: &lineError{problem.Code, problem.Message}}
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(to); err != nil { // JSON that we have read, and rules
		panic(err)
	}
	return out.Bytes()
}

// openLine reads a line's members, none if it is no object, and the text of its
// id, null if there is none to trust.
func openLine(line []byte) (json.RawMessage, map[string]any, *Problem) {
	id := json.RawMessage("null")
	if len(line) > MaxLine {
		return id, nil, &Problem{TooLarge, "the line is longer than 1 MiB"}
	}
	r := reader{in: line}
	v, err := r.read()
	if err != nil {
		return id, nil, &Problem{Invalid, err.Error()}
	}
	if r.idRaw != nil && !r.idBad {
		id = r.idRaw
	}
	if r.loose != "" {
		return id, nil, &Problem{Invalid, r.loose}
	}
	members, _ := v.(map[string]any)
	return id, members, nil
}
