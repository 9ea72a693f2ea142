package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/procura-dev/procura/server"
	"github.com/procura-dev/procura/verifier"
	"github.com/procura-dev/procura/verifier/proof"
	"github.com/procura-dev/procura/verifier/timestamp"
	"github.com/procura-dev/procura/verifier/vc"
)

// A story is told in scenes.
type story struct {
	asks   string // who asks: the clinic, the car
	domain string // for which presentations are signed
	begin  func(ctx context.Context, st *stage) error
	scenes func(st *stage) []scene // after begin
}

// A scene is one challenge and those who answer it.
type scene struct {
	title, told string
	before      func(ctx context.Context) error // what happens first; nil: nothing
	question    map[string]any
	steps       []step
	moral       string
}

// A step is one presentation, and the decision that must follow.
type step struct {
	told    string
	by      *actor   // who signs the presentation
	beside  []*actor // who present with him
	shows   string   // the credential in it; empty: the actor's own
	want    string
	reasons []string // codes, sorted
	needs   string   // the role of one more person who would turn it; empty: none
}

// A stage is where the story is played: a server, and all who take part.
type stage struct {
	caller
	out         io.Writer
	now         time.Time
	site        *site
	authority   *timestamp.Authority // whose time-stamps the server takes
	admin, asks server.Token
}

// An actor has a key that nobody else has, and perhaps a credential.
type actor struct {
	name       string
	key        *proof.Key
	credential string   // a JWT
	entry      string   // another, which is shown beside it; may be empty
	title      string   // a JWT by which somebody owns what the story is about; may be empty
	stamps     [][]byte // tokens that are shown with it; none: nil
}

// play tells the story from key pairs to decisions.
func (st *stage) play(ctx context.Context, told story) error {
	if err := told.begin(ctx, st); err != nil {
		return err
	}
	wrong := 0
	for i, sc := range told.scenes(st) {
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

// cast gives each actor a key pair.
func (st *stage) cast(actors ...*actor) error {
	st.say("Everybody makes a key pair. The public half is the name that others know them by:")
	for _, a := range actors {
		key, err := proof.GenerateKey(proof.Ed25519)
		if err != nil {
			return err
		}
		a.key = key
		fmt.Fprintf(st.out, "  %-18s %s\n", a.name, key.DID())
	}
	return nil
}

// list puts somebody on a list of the server's administrator.
func (st *stage) list(ctx context.Context, registry string, who *actor) error {
	list := map[string]any{"dids": []string{who.key.DID()}}
	return st.call(ctx, st.admin, http.MethodPut, "/v1/registries/"+registry, list, nil, http.StatusNoContent)
}

func (st *stage) say(lines ...string) {
	for _, l := range lines {
		fmt.Fprintln(st.out, l)
	}
}

// scene plays one challenge and returns how many of its decisions were wrong.
func (st *stage) scene(ctx context.Context, n int, sc scene) (wrong int, err error) {
	st.say("", fmt.Sprintf("%d. %s", n, sc.title), sc.told)
	if sc.before != nil {
		if err := sc.before(ctx); err != nil {
			return 0, err
		}
	}
	c := &challengeFile{}
	if err := st.call(ctx, st.asks, http.MethodPost, "/v1/challenges", sc.question, c, http.StatusCreated); err != nil {
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
	at := proof.Expect{Nonce: c.Nonce, Domain: c.Domain}
	own, err := s.by.presentation(ctx, cmp.Or(s.shows, s.by.credential), at)
	if err != nil {
		return nil, err
	}
	body := own
	if len(s.beside) > 0 {
		all := []any{own}
		for _, other := range s.beside {
			p, err := other.presentation(ctx, other.credential, at)
			if err != nil {
				return nil, err
			}
			all = append(all, p)
		}
		body = map[string]any{"presentations": all}
	}
	a := &verifier.Answer{}
	return a, st.call(ctx, st.asks, http.MethodPost, path, body, a, http.StatusOK)
}

// presentation is a credential with the actor's entry, as he shows them.
func (a *actor) presentation(ctx context.Context, credential string, to proof.Expect) (any, error) {
	shown := []any{credential}
	if a.entry != "" {
		shown = append(shown, a.entry)
	}
	return (&proof.Signer{Key: a.key, At: time.Now(), TimeStamps: a.stamps}).Presentation(ctx, shown, vc.FormatVPJWT11, to)
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
