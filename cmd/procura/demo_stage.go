package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/procura-dev/procura/server"
	"github.com/procura-dev/procura/verifier"
	"github.com/procura-dev/procura/verifier/proof"
	"github.com/procura-dev/procura/verifier/vc"
)

// A stage is where the story is played: a server, and all who take part.
type stage struct {
	caller
	out           io.Writer
	now           time.Time
	admin, clinic server.Token

	office, amina, yusuf, thief actor
}

// An actor has a key that nobody else has, and perhaps a credential.
type actor struct {
	name       string
	key        *proof.Key
	credential string // a JWT
}

// play tells the story from key pairs to decisions.
func (st *stage) play(ctx context.Context) error {
	if err := st.begin(ctx); err != nil {
		return err
	}
	wrong := 0
	for i, sc := range st.scenes() {
		n, err := st.scene(ctx, i+1, sc)
		if err != nil {
			return fmt.Errorf("scene %d: %w", i+1, err)
		}
		wrong += n
	}
	if wrong > 0 {
		st.say("", fmt.Sprintf("%d decisions were not the right ones.", wrong))
		return exit(exitDiffers)
	}
	st.say("", "Each decision, and each reason, was the right one. The server is gone, and its data with it.",
		"To try it yourself: make run")
	return nil
}

func (st *stage) say(lines ...string) {
	for _, l := range lines {
		fmt.Fprintln(st.out, l)
	}
}

// begin makes keys, lists the issuer, and has the credentials issued.
func (st *stage) begin(ctx context.Context) error {
	st.say("Who may act for Laila?", "",
		"Laila is eight and lives in a refugee camp with Amina, her grandmother, and Yusuf, her other grandfather.",
		"The camp's rules are a trust framework that ships with Procura: \""+campName+"\".",
		"A server runs at "+st.base+" for as long as this story lasts.", "",
		"Everybody makes a key pair. The public half is the name that others know them by:")
	for _, a := range []struct {
		*actor
		name string
	}{{&st.office, "the camp's office"}, {&st.amina, "Amina"}, {&st.yusuf, "Yusuf"}, {&st.thief, "a thief"}} {
		key, err := proof.GenerateKey(proof.Ed25519)
		if err != nil {
			return err
		}
		a.actor.name, a.key = a.name, key
		fmt.Fprintf(st.out, "  %-18s %s\n", a.name, key.DID())
	}
	list := map[string]any{"dids": []string{st.office.key.DID()}}
	if err := st.call(ctx, st.admin, http.MethodPut, "/v1/registries/"+campIssuers, list, nil, http.StatusNoContent); err != nil {
		return err
	}
	st.say("", "The server's administrator lists the office among those who may issue (registry "+campIssuers+").",
		"The office knows the family. It signs a credential for Amina and one for Yusuf, good for 30 days.")
	return errors.Join(st.issue(ctx, &st.amina), st.issue(ctx, &st.yusuf))
}

func (st *stage) issue(ctx context.Context, to *actor) (err error) {
	g := &grandparent{
		did: to.key.DID(), name: to.name, from: st.now.Add(-time.Hour), until: st.now.Add(30 * 24 * time.Hour),
		constraints: map[string]any{},
	}
	to.credential, err = g.signed(ctx, st.office.key)
	return err
}

// scene plays one challenge and returns how many of its decisions were wrong.
func (st *stage) scene(ctx context.Context, n int, sc scene) (wrong int, err error) {
	st.say("", fmt.Sprintf("%d. %s", n, sc.title), sc.told)
	c := &challengeFile{}
	question := map[string]any{
		"permissions": []string{sc.permission},
		"proxied":     map[string]any{"attributes": laila()},
		"framework":   map[string]any{"name": campName, "range": "^1.0.0"},
	}
	if err := st.call(ctx, st.clinic, http.MethodPost, "/v1/challenges", question, c, http.StatusCreated); err != nil {
		return 0, err
	}
	path := strings.TrimPrefix(c.PresentationsURL, st.base)
	for _, s := range sc.steps {
		st.say(s.told)
		a, err := st.present(ctx, path, c, s)
		if err != nil {
			return wrong, err
		}
		describe(&indented{w: st.out}, a)
		if problem := s.differs(a); problem != "" {
			st.say("  THIS IS WRONG: " + problem)
			wrong++
		}
	}
	st.say(sc.moral)
	return wrong, nil
}

// present signs what a step shows, and sends it.
func (st *stage) present(ctx context.Context, path string, c *challengeFile, s step) (*verifier.Answer, error) {
	credential := s.shows.credential
	if s.paper != nil {
		var err error
		if credential, err = s.paper.signed(ctx, st.office.key); err != nil {
			return nil, err
		}
	}
	signer := &proof.Signer{Key: s.by.key, At: time.Now()}
	presentation, err := signer.Presentation(ctx, []any{credential}, vc.FormatVPJWT11, proof.Expect{Nonce: c.Nonce, Domain: c.Domain})
	if err != nil {
		return nil, err
	}
	a := &verifier.Answer{}
	return a, st.call(ctx, st.clinic, http.MethodPost, path, presentation, a, http.StatusOK)
}

// differs says in what an answer is not what it should be; empty: in nothing.
func (s step) differs(a *verifier.Answer) string {
	if a.Decision == nil || a.Decision.Decision != s.want {
		return "it should be " + s.want
	}
	var got []string
	for _, r := range a.Reasons {
		got = append(got, r.Code)
	}
	slices.Sort(got)
	if got = slices.Compact(got); !slices.Equal(got, s.reasons) {
		return fmt.Sprintf("reasons should be %v, not %v", s.reasons, got)
	}
	if s.needs != "" && (len(a.Needs) == 0 || len(a.Needs[0].Parts) != 1 || a.Needs[0].Parts[0].Role != s.needs) {
		return "it should say that one more " + s.needs + " is needed"
	}
	return ""
}

// indented sets every line that is written to it apart.
type indented struct {
	w     io.Writer
	inner bool // in the middle of a line
}

func (i *indented) Write(p []byte) (int, error) {
	for line := range strings.Lines(string(p)) {
		if !i.inner {
			line = "    " + line
		}
		i.inner = !strings.HasSuffix(line, "\n")
		if _, err := io.WriteString(i.w, line); err != nil {
			return 0, err
		}
	}
	return len(p), nil
}
