package server

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/procura-dev/procura/verifier"
	"github.com/procura-dev/procura/verifier/vc"
)

// Somebody who is no client has a client hand in what they ask for, with a
// presentation of theirs. It is signed over just that, and good once: the client
// can ask for nothing else with it.
var errAsking = errors.New("who asks for this did not prove so: the presentation is not signed over it, or was used")

// askingLife is how old what is asked for may be, and how far ahead.
const askingLife = 5 * time.Minute

// askedBy is the DID that proved to ask for a change; empty where the client
// asks itself.
func (s *Server) askedBy(c *gin.Context, m map[string]any) (string, error) {
	shown, given := m["presentation"]
	asked, _ := m["asked"].(string)
	if _, dated := m["asked"]; !given || !dated {
		if given != dated {
			return "", faulty("/asked", "must be given with a presentation, and only then")
		}
		return "", nil
	}
	at, ok := vc.Instant(asked)
	if now := s.cfg.Now(); !ok || at.Before(now.Add(-askingLife)) || at.After(now.Add(askingLife)) {
		return "", faulty("/asked", "must be a date-time of now, give or take %s", askingLife)
	}
	by := who(c)
	nonce := statusNonce(by.Tenant, m)
	k, err := s.cfg.Verifier.CheckPresentation(c.Request.Context(), by, shown, verifier.Against{Challenge: nonce})
	if err != nil {
		return "", err
	}
	if !k.Verified || k.Signer == "" {
		return "", errAsking
	}
	first, err := s.cfg.Verifier.UseOnce(c.Request.Context(), by, changeStatus+" by "+k.Signer, nonce, at.Add(2*askingLife))
	if err == nil && !first {
		err = errAsking
	}
	return k.Signer, err
}

// statusNonce is what such a presentation is signed over: SHA-256, as base64url,
// of these as netstrings (length in bytes, colon, text, comma): the purpose,
// tenant, action, message, reason, asked, and each credential.
func statusNonce(tenant string, m map[string]any) string {
	h := sha256.New()
	add := func(v any) {
		text, _ := v.(string)
		if n, ok := v.(float64); ok {
			text = strconv.Itoa(int(n))
		}
		fmt.Fprintf(h, "%d:%s,", len(text), text)
	}
	for _, v := range []any{"procura/status/1", tenant, m["action"], m["message"], m["reason"], m["asked"]} {
		add(v)
	}
	list, _ := m["credentials"].([]any)
	for _, v := range list {
		add(v)
	}
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}
