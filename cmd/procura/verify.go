package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/procura-dev/procura/policies"
	"github.com/procura-dev/procura/verifier"
	"github.com/procura-dev/procura/verifier/vc"
)

// verifyFlags are what procura verify takes.
type verifyFlags struct {
	frameworks, presentations, registries []string
	request, at                           string
	json, input                           bool
	fetching                              fetchFlags
	stamps                                stampFlag
	packed                                packFlags
}

func verifyCommand() *cobra.Command {
	f := &verifyFlags{}
	c := &cobra.Command{
		Use:   "verify --framework F … --request R.json --presentation P …",
		Short: "Take a decision without a server",
		Long: `Takes a decision without a server. R.json is the body of POST /v1/challenges with
nonce and domain. It fetches the documents of DIDs of did:web that the framework
or a --registry lists, or whose hosts --fetch-allow names, and the status lists of
credentials by those who may issue them, and nothing else. Nobody may issue but those
whom the framework names itself, and those of --registry. With --pack it decides
without a network, by frameworks, DID documents and status lists of the pack. Exits 0 on a permit, 3 on a
denial, 2 if it could not decide.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return f.run(cmd) },
	}
	fl := c.Flags()
	fl.StringArrayVar(&f.frameworks, "framework", nil, "framework document, JSON or YAML; may be repeated (default: those that ship)")
	fl.StringVar(&f.request, "request", "", "the request: body of POST /v1/challenges with nonce and domain")
	fl.StringArrayVar(&f.presentations, "presentation", nil, "a presentation: JWT, SD-JWT or JSON; may be repeated")
	fl.StringArrayVar(&f.registries, "registry", nil, `NAME=FILE: a list of DIDs, {"dids": [...]}; may be repeated`)
	fl.StringVar(&f.at, "at", "", "decide as at this RFC 3339 instant (default: now)")
	fl.BoolVar(&f.json, "json", false, "print the decision as JSON")
	fl.BoolVar(&f.input, "include-input", false, "with --json: add the input that procura replay takes")
	f.fetching.flags(c)
	f.stamps.flags(c)
	f.packed.flags(c)
	c.MarkFlagsRequiredTogether("pack", "keys")
	for _, name := range []string{"framework", "fetch-allow", "did-max-age"} {
		c.MarkFlagsMutuallyExclusive("pack", name)
	}
	require(c, "request", "presentation")
	return withSettings(c)
}

func (f *verifyFlags) run(cmd *cobra.Command) error {
	now, err := instant(f.at)
	if err != nil {
		return err
	}
	question, err := f.question()
	if err != nil {
		return err
	}
	clock := func() time.Time { return now }
	library, net, err := f.grounds(cmd, question.Request.Framework.Name, clock)
	if err != nil {
		return err
	}
	registries, err := readRegistries(f.registries)
	if err != nil {
		return err
	}
	submitted, err := readPresentations(f.presentations)
	if err != nil {
		return err
	}
	if net.stamps, err = f.stamps.roots(); err != nil {
		return err
	}
	v := verifier.New(verifier.Config{DIDs: net.dids, StatusLists: net.lists, TimestampRoots: net.stamps, Now: clock, Offline: net.offline})
	a, err := v.Decide(cmd.Context(), library, question, submitted, registries)
	if err != nil {
		return err
	}
	if !f.input {
		a.Input = nil
	}
	return show(cmd.OutOrStdout(), a, f.json)
}

// grounds are what is decided by: a network and the documents given, or a pack.
func (f *verifyFlags) grounds(cmd *cobra.Command, name string, clock func() time.Time) (*verifier.Library, *network, error) {
	if f.packed.pack == "" {
		library, err := loadLibrary(cmd.Context(), f.frameworks)
		if err != nil {
			return nil, nil, err
		}
		net, err := f.fetching.network(slog.New(slog.NewTextHandler(cmd.ErrOrStderr(), nil)), nil)
		return library, net, err
	}
	p, err := f.packed.open()
	if err != nil {
		return nil, nil, err
	}
	library, err := packedLibrary(cmd.Context(), p, name)
	if err != nil {
		return nil, nil, err
	}
	net, err := unplugged(p, clock)
	return library, net, err
}

func (f *verifyFlags) question() (*verifier.Question, error) {
	tree, err := readTree(f.request)
	if err != nil {
		return nil, err
	}
	q, err := verifier.ReadQuestion(tree, true)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.request, err)
	}
	if q.Nonce == "" || q.Domain == "" {
		return nil, fmt.Errorf("%s: nonce and domain are required", f.request)
	}
	return q, nil
}

// show prints a decision and returns the exit that goes with it.
func show(w io.Writer, a *verifier.Answer, asJSON bool) error {
	if asJSON {
		out, err := json.MarshalIndent(a, "", "  ")
		if err != nil {
			return err
		}
		fmt.Fprintln(w, string(out))
	} else {
		describe(w, a)
	}
	if a.Decision.Decision != policies.Permit {
		return exit(exitDeny)
	}
	return nil
}

// describe tells a decision to a person.
func describe(w io.Writer, a *verifier.Answer) {
	fmt.Fprintln(w, strings.ToUpper(a.Decision.Decision))
	for _, p := range a.Permissions {
		word := "not granted"
		if p.Granted {
			word = "granted"
		}
		fmt.Fprintf(w, "  %s: %s\n", p.Name, word)
	}
	for _, r := range a.Reasons {
		fmt.Fprintf(w, "  because %s (%s at %s)\n", r.Message, r.Code, r.Path)
	}
	for _, n := range a.Needs {
		parts := make([]string, len(n.Parts))
		for i, p := range n.Parts {
			parts[i] = need(p)
		}
		fmt.Fprintf(w, "  would be permitted with %s\n", strings.Join(parts, " and "))
	}
	for _, o := range a.Obligations {
		fmt.Fprintf(w, "  you must: %s (%s)\n", inEnglish(o.Text), o.Action)
	}
}

// inEnglish is a text, or of a localised one the English, else the first.
func inEnglish(text any) string {
	all, ok := text.(map[string]any)
	if !ok {
		return fmt.Sprint(text)
	}
	tags := slices.Sorted(maps.Keys(all))
	if i := slices.IndexFunc(tags, func(tag string) bool { return strings.HasPrefix(tag, "en") }); i > 0 {
		tags = tags[i:]
	}
	if len(tags) == 0 {
		return ""
	}
	return fmt.Sprint(all[tags[0]])
}

func need(p policies.NeedPart) string {
	switch {
	case p.Kind == "circumstance":
		return "the circumstance " + p.Circumstance
	case p.Kind == "obligation":
		return "support of the duty " + p.Action
	case p.Property != "":
		return fmt.Sprintf("one more person with %s %s", p.Property, strings.TrimSpace(p.Op+" "+fmt.Sprint(p.Value)))
	case p.ID != "":
		return "the person " + p.ID
	case p.Role != "":
		return "one more person in the role " + p.Role
	}
	return "one more person with a credential of the variant " + p.Variant
}

func instant(at string) (time.Time, error) {
	if at == "" {
		return time.Now().UTC(), nil
	}
	t, err := time.Parse(time.RFC3339, at)
	if err != nil {
		return t, fmt.Errorf("--at: %q is no RFC 3339 instant", at)
	}
	return t.UTC(), nil
}

// readTree reads a JSON file strictly.
func readTree(path string) (any, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	tree, err := vc.ParseJSON(raw)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return tree, nil
}

func readRegistries(args []string) (map[string][]string, error) {
	out := map[string][]string{}
	for _, arg := range args {
		name, path, ok := strings.Cut(arg, "=")
		if !ok {
			return nil, fmt.Errorf("--registry %s: want NAME=FILE", arg)
		}
		tree, err := readTree(path)
		if err != nil {
			return nil, err
		}
		dids, err := verifier.ReadRegistry(tree)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		out[name] = append(out[name], dids...)
	}
	return out, nil
}

// readPresentations reads files that hold a JWT, an SD-JWT or a JSON document each.
func readPresentations(paths []string) ([]verifier.Submitted, error) {
	var out []verifier.Submitted
	for _, path := range paths {
		raw, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		out = append(out, asSubmitted(raw))
	}
	if len(out) == 0 {
		return nil, errors.New("no presentation given")
	}
	return out, nil
}

func asSubmitted(raw []byte) verifier.Submitted {
	text := strings.TrimSpace(string(raw))
	if strings.HasPrefix(text, "{") {
		return verifier.Submitted{MediaType: verifier.MediaLD, Raw: []byte(text)}
	}
	return verifier.Compact(text)
}
