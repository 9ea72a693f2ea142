package server

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/procura-dev/procura/verifier"
	"github.com/procura-dev/procura/verifier/vc"
)

const mediaJSON = "application/json"

// readBody returns a body and its media type, one of those given.
func readBody(c *gin.Context, media ...string) ([]byte, string, error) {
	kind, params, err := mime.ParseMediaType(c.GetHeader("Content-Type"))
	if err != nil || !slices.Contains(media, kind) {
		return nil, "", tell(errMediaType, "the Content-Type must be %s", strings.Join(media, " or "))
	}
	if c.GetHeader("Content-Encoding") != "" {
		return nil, "", tell(errMediaType, "a body with a Content-Encoding is not read here: send it as it is")
	}
	if charset, ok := params["charset"]; ok && !strings.EqualFold(charset, "utf-8") {
		return nil, "", tell(errMediaType, "the charset must be utf-8, or not be named")
	}
	raw, err := whole(c.Request)
	if err != nil {
		return nil, "", arrival(err)
	}
	return raw, kind, nil
}

// whole reads a body into room for as much as it says to have, unless that is
// more than most have: who says so may never send it.
func whole(r *http.Request) ([]byte, error) {
	room := min(max(r.ContentLength, 0), 64<<10) + bytes.MinRead
	body := bytes.NewBuffer(make([]byte, 0, room))
	_, err := body.ReadFrom(r.Body)
	return body.Bytes(), err
}

// readJSON returns a JSON body and its tree, read strictly.
func readJSON(c *gin.Context) (tree any, raw []byte, err error) {
	return readTree(c, vc.ParseJSON)
}

// readExact is readJSON where no number may be read as another: a policy set
// compares them.
func readExact(c *gin.Context) (tree any, raw []byte, err error) {
	return readTree(c, vc.ParseExactJSON)
}

// readMarked is readExact, where a number that could be read as another is marked:
// by a *[vc.SyntaxError] in its place.
func readMarked(c *gin.Context) (tree any, raw []byte, err error) {
	return readTree(c, vc.ParseMarkedJSON)
}

// marked is a mark in a tree; nil where there is none.
func marked(tree any) *vc.SyntaxError {
	switch v := tree.(type) {
	case *vc.SyntaxError:
		return v
	case []any:
		for _, inner := range v {
			if m := marked(inner); m != nil {
				return m
			}
		}
	case map[string]any:
		for _, inner := range v {
			if m := marked(inner); m != nil {
				return m
			}
		}
	}
	return nil
}

func readTree(c *gin.Context, read func([]byte) (any, error)) (tree any, raw []byte, err error) {
	raw, _, err = readBody(c, mediaJSON)
	if err != nil {
		return nil, nil, err
	}
	tree, err = parse(raw, read)
	return tree, raw, err
}

func parse(raw []byte, read func([]byte) (any, error)) (any, error) {
	tree, err := read(raw)
	if err != nil {
		return nil, errors.Join(errSyntax, err)
	}
	return tree, nil
}

// include reports whether ?include=input was asked for.
func include(c *gin.Context) (bool, error) {
	switch v, ok := c.GetQuery("include"); {
	case !ok:
		return false, nil
	case v == "input":
		return true, nil
	}
	return false, faulty("include", `must be "input"`)
}

func faulty(path, format string, args ...any) error {
	return &verifier.Invalid{Faults: []verifier.Fault{{Path: path, Message: fmt.Sprintf(format, args...)}}}
}

// write answers with v as JSON; what we answer is nobody else's to keep.
func write(c *gin.Context, status int, v any) error {
	body, ready := v.(json.RawMessage)
	if !ready {
		var err error
		if body, err = json.Marshal(v); err != nil {
			return fmt.Errorf("writing the answer: %w", err)
		}
	}
	c.Header("Cache-Control", "no-store")
	c.Data(status, mediaJSON, body)
	return nil
}

// empty answers that it is done.
func empty(c *gin.Context) error {
	c.Status(http.StatusNoContent)
	c.Writer.WriteHeaderNow()
	return nil
}
