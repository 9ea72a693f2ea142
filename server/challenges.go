package server

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/procura-dev/procura/verifier"
	"github.com/procura-dev/procura/verifier/vc"
)

// openedChallenge is what POST /v1/challenges answers.
type openedChallenge struct {
	ID               string    `json:"id"`
	Nonce            string    `json:"nonce"`
	Domain           string    `json:"domain"`
	ExpiresAt        time.Time `json:"expiresAt"`
	PresentationsURL string    `json:"presentationsUrl"`

	PresentationRequest *verifier.PresentationRequest `json:"presentationRequest"`
}

// challengeState is what GET /v1/challenges/{id} answers.
type challengeState struct {
	ID            string              `json:"id"`
	State         string              `json:"state"` // open, permitted or closed
	Revision      int                 `json:"revision"`
	Nonce         string              `json:"nonce,omitempty"` // while it is open, as domain
	Domain        string              `json:"domain,omitempty"`
	OpenedAt      time.Time           `json:"openedAt"`
	ExpiresAt     time.Time           `json:"expiresAt"`
	Presentations []presentationState `json:"presentations"`
	Decision      json.RawMessage     `json:"decision,omitempty"` // the last one
}

type presentationState struct {
	ID         string    `json:"id"`
	Digest     string    `json:"digest"` // SHA-256, hex, of what came
	ReceivedAt time.Time `json:"receivedAt"`
}

func (s *Server) openChallenge(c *gin.Context) error {
	tree, _, err := readJSON(c)
	if err != nil {
		return err
	}
	q, err := verifier.ReadQuestion(tree, false)
	if err != nil {
		return err
	}
	ch, err := s.cfg.Verifier.Open(c.Request.Context(), who(c), q)
	if err != nil {
		return err
	}
	path := "/v1/challenges/" + ch.ID
	c.Header("Location", path)
	return write(c, http.StatusCreated, openedChallenge{
		ID: ch.ID, Nonce: ch.Nonce, Domain: ch.Domain, ExpiresAt: ch.ExpiresAt,
		PresentationsURL:    s.base(c.Request) + path + "/presentations",
		PresentationRequest: s.cfg.Verifier.PresentationRequest(ch),
	})
}

// base is where the caller finds us.
func (s *Server) base(r *http.Request) string {
	switch {
	case s.cfg.URL != "":
		return s.cfg.URL
	case r.TLS != nil:
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

func (s *Server) present(c *gin.Context) error {
	submission, err := readSubmission(c)
	if err != nil {
		return err
	}
	if submission.Input, err = include(c); err != nil {
		return err
	}
	answer, err := s.cfg.Verifier.Present(c.Request.Context(), who(c), c.Param("id"), submission)
	if err != nil {
		return err
	}
	return write(c, http.StatusOK, answer)
}

// readSubmission reads what is presented: in an object, or one by itself.
func readSubmission(c *gin.Context) (*verifier.Submission, error) {
	raw, media, err := readBody(c, mediaJSON, verifier.MediaJWT, verifier.MediaLD, verifier.MediaSDJWT)
	if err != nil {
		return nil, err
	}
	if media != mediaJSON {
		one := verifier.Submitted{MediaType: media, Raw: []byte(strings.TrimSpace(string(raw)))}
		return &verifier.Submission{Presentations: []verifier.Submitted{one}, Bare: true}, nil
	}
	tree, err := parse(raw, vc.ParseJSON)
	if err != nil {
		return nil, err
	}
	return verifier.ReadSubmission(tree)
}

func (s *Server) getChallenge(c *gin.Context) error {
	wait, err := waiting(c)
	if err != nil {
		return err
	}
	ch, err := s.await(c, wait)
	if err != nil {
		return err
	}
	state := stateOf(ch)
	if ch.DecisionID != "" {
		if state.Decision, err = s.cfg.Verifier.Decision(c.Request.Context(), who(c), ch.DecisionID); err != nil {
			return err
		}
	}
	return write(c, http.StatusOK, state)
}

func stateOf(ch *verifier.Challenge) challengeState {
	state := challengeState{
		ID: ch.ID, State: ch.State, Revision: ch.Revision,
		OpenedAt: ch.OpenedAt, ExpiresAt: ch.ExpiresAt, Presentations: []presentationState{},
	}
	if ch.State == verifier.Open { // also where it has expired and was not swept yet
		state.Nonce, state.Domain = ch.Nonce, ch.Domain
	}
	for _, p := range ch.Presentations {
		state.Presentations = append(state.Presentations, presentationState{
			ID: p.ID, Digest: hex.EncodeToString(p.Digest[:]), ReceivedAt: p.ReceivedAt,
		})
	}
	return state
}

// waiting is how long ?wait= asks to be kept.
func waiting(c *gin.Context) (time.Duration, error) {
	text, ok := c.GetQuery("wait")
	if !ok {
		return 0, nil
	}
	seconds, err := strconv.Atoi(text)
	most := int(maxWait / time.Second)
	if err != nil || seconds < 0 || seconds > most {
		return 0, faulty("wait", "must be 0 to %d seconds", most)
	}
	return time.Duration(seconds) * time.Second, nil
}

// await loads a challenge, once it changes. When we stop, those who wait get
// it as it is.
func (s *Server) await(c *gin.Context, wait time.Duration) (*verifier.Challenge, error) {
	ctx := c.Request.Context()
	if wait > 0 {
		client := who(c).Client
		if err := s.waits.enter(client); err != nil {
			return nil, err
		}
		defer s.waits.leave(client)
		// The time in which a request must arrive must not end the wait. A body that
		// nobody reads here must arrive all the same, or the connection is held.
		until := time.Now().Add(wait + s.cfg.ReadTime)
		_ = http.NewResponseController(c.Writer).SetReadDeadline(until) // else the wait is shorter
	}
	waited, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		select {
		case <-s.draining:
			cancel()
		case <-waited.Done():
		}
	}()
	ch, err := s.cfg.Verifier.Wait(waited, who(c), c.Param("id"), wait)
	if err != nil && waited.Err() != nil && ctx.Err() == nil {
		return s.cfg.Verifier.Get(ctx, who(c), c.Param("id"))
	}
	return ch, err
}

func (s *Server) closeChallenge(c *gin.Context) error {
	if err := s.cfg.Verifier.Close(c.Request.Context(), who(c), c.Param("id")); err != nil {
		return err
	}
	return empty(c)
}

func (s *Server) takeBack(c *gin.Context) error {
	if err := s.cfg.Verifier.TakeBack(c.Request.Context(), who(c), c.Param("id"), c.Param("pid")); err != nil {
		return err
	}
	return empty(c)
}
