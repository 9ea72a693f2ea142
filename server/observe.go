package server

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"regexp"
	"runtime/debug"
	"time"

	"github.com/gin-gonic/gin"
)

// What lies in a call's gin context.
const (
	keyRequestID = "procura/request-id"
	keyClient    = "procura/client"
	keyRefused   = "procura/refused" // why a token or certificate is nobody's: an error
)

// requestID is what an address can be written with: what a log cannot mistake.
var requestID = regexp.MustCompile("^[A-Za-z0-9._~:/?#@!$&'()*+,;=%-]{1,128}$")

// observe gives a call its id, echoes it, and writes its one line to the log:
// by route, not by path, and without anything that was sent.
func (s *Server) observe(c *gin.Context) {
	begun := time.Now() // how long it took is no fact of a decision
	id := c.GetHeader("X-Request-ID")
	if !requestID.MatchString(id) {
		id = newRequestID()
	}
	c.Set(keyRequestID, id)
	c.Header("X-Request-ID", id)
	c.Header("X-Content-Type-Options", "nosniff")
	defer s.traced(c, id)()
	defer func() {
		if cause := recover(); cause != nil {
			s.recovered(c, cause)
		}
		took := time.Since(begun)
		s.cfg.Metrics.answered(c, took)
		s.line(c, id, took)
	}()
	c.Next()
}

// recovered answers what panicked as any other fault of ours.
func (s *Server) recovered(c *gin.Context, cause any) {
	if err, ok := cause.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		panic(cause) // net/http's way to hang up
	}
	s.cfg.Log.ErrorContext(c.Request.Context(), "panic", "cause", fmt.Sprint(cause), "stack", string(debug.Stack()))
	s.refuse(c, fmt.Errorf("panic: %v", cause))
	c.Abort()
}

func (s *Server) line(c *gin.Context, id string, took time.Duration) {
	level := slog.LevelInfo
	attrs := []slog.Attr{
		slog.String("id", id), slog.String("method", method(c.Request.Method)), slog.String("route", c.FullPath()),
		slog.Int("status", c.Writer.Status()), slog.Int("bytes", max(c.Writer.Size(), 0)), slog.Duration("took", took),
	}
	if client, ok := caller(c); ok {
		attrs = append(attrs, slog.String("tenant", client.Tenant), slog.String("client", client.ID))
	}
	if why, ok := whyRefused(c); ok {
		attrs = append(attrs, slog.String("why", why))
	}
	faulty := c.Writer.Status() >= http.StatusInternalServerError
	if faulty {
		level = slog.LevelError
	}
	switch err := c.Errors.Last(); {
	case err == nil:
	case faulty:
		attrs = append(attrs, slog.String("error", err.Error()))
	default: // what is wrapped in a refusal quotes what was sent
		attrs = append(attrs, slog.String("error", describe(err).Title))
	}
	s.cfg.Log.LogAttrs(c.Request.Context(), level, "request", attrs...)
}

// whyRefused is why the access token of a call was refused; false where none was.
func whyRefused(c *gin.Context) (string, bool) {
	v, _ := c.Get(keyRefused)
	err, _ := v.(error)
	refused, ok := errors.AsType[*refusedToken](err)
	if !ok {
		return "", false
	}
	return refused.why, true
}

// method is one that is known: any other is a caller's text.
func method(m string) string {
	switch m {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return m
	}
	return "other"
}

func newRequestID() string {
	var b [12]byte
	rand.Read(b[:]) // never fails (crypto/rand)
	return hex.EncodeToString(b[:])
}
