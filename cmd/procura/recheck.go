package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/procura-dev/procura/policies"
	"github.com/procura-dev/procura/verifier"
)

// recheckFlags are what procura recheck takes.
type recheckFlags struct {
	frameworks, presentations, registries []string
	request                               string
	fetching                              fetchFlags
	stamps                                stampFlag
}

// A taken decision is one that was given without a network.
type taken struct {
	Decision    string
	Freshness   string
	EvaluatedAt time.Time
	Credentials []policies.Credential
	Reasons     []policies.Reason
}

func recheckCommand() *cobra.Command {
	f := &recheckFlags{}
	c := &cobra.Command{
		Use:   "recheck DECISION.json --request R.json --presentation P …",
		Short: "Say whether a permit that was given without a network stands",
		Long: `Decides what was permitted without a network again, with one: of the same instant and
the same presentations, by what status lists and DID documents say now. Exits 0 if
the permit stands, 1 if it does not, 2 if that cannot be found out. DECISION.json is
what procura verify --json printed, or a server started with --offline answered.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(cmd, args[0]) },
	}
	fl := c.Flags()
	fl.StringArrayVar(&f.frameworks, "framework", nil, "framework document, JSON or YAML; may be repeated (default: those that ship)")
	fl.StringVar(&f.request, "request", "", "the request that was decided, with nonce and domain")
	fl.StringArrayVar(&f.presentations, "presentation", nil, "a presentation that was decided; may be repeated")
	fl.StringArrayVar(&f.registries, "registry", nil, `NAME=FILE: a list of DIDs, {"dids": [...]}; may be repeated`)
	f.fetching.flags(c)
	f.stamps.flags(c)
	require(c, "request", "presentation")
	return withSettings(c)
}

func (f *recheckFlags) run(cmd *cobra.Command, path string) error {
	was, err := readTaken(path)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	question, err := (&verifyFlags{request: f.request}).question()
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
	library, err := loadLibrary(cmd.Context(), f.frameworks)
	if err != nil {
		return err
	}
	net, err := f.fetching.network(slog.New(slog.NewTextHandler(cmd.ErrOrStderr(), nil)), nil)
	if err != nil {
		return err
	}
	if net.stamps, err = f.stamps.roots(); err != nil {
		return err
	}
	v := verifier.New(verifier.Config{DIDs: net.dids, StatusLists: net.lists, TimestampRoots: net.stamps})
	now, err := v.Recheck(cmd.Context(), library, question, submitted, registries, was.EvaluatedAt)
	if err != nil {
		return err
	}
	return was.compare(cmd, now)
}

// readTaken reads a permit that was given without a network.
func readTaken(path string) (*taken, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	was := &taken{}
	if err := json.Unmarshal(raw, was); err != nil {
		return nil, err
	}
	switch {
	case was.Decision != policies.Permit || was.Freshness != "offline":
		return nil, errors.New("it is no permit that was given without a network: there is nothing to check again")
	case was.EvaluatedAt.IsZero() || was.EvaluatedAt.After(time.Now()):
		return nil, errors.New("it does not say when it was taken, or was taken in the future")
	}
	return was, nil
}

// compare says whether a permit stands by what is known now.
func (was *taken) compare(cmd *cobra.Command, now *verifier.Answer) error {
	if other := was.other(now); other != "" {
		return fmt.Errorf("the presentations are not those of the decision: no credential of digest %s is proved in them", other)
	}
	if now.Decision.Decision == policies.Permit {
		fmt.Fprintln(cmd.OutOrStdout(), "stands: permit")
		return nil
	}
	against, open := was.fresh(now)
	for _, r := range slices.Concat(against, open) {
		fmt.Fprintf(cmd.OutOrStdout(), "because %s (%s at %s)\n", r.Message, r.Code, r.Path)
	}
	if len(against) == 0 {
		fmt.Fprintln(cmd.OutOrStdout(), "not known: try again")
		return exit(exitUndecided)
	}
	fmt.Fprintln(cmd.OutOrStdout(), "does not stand: deny")
	return exit(exitDiffers)
}

// unknowing are the codes that say that something could not be found out, and of what
// follows from any other; against a permit neither says anything.
var (
	unknowing = []string{"status.unreachable", "status.stale", "did.unresolvable", "clock.behind", "constraint.unknown", "group.stale", "presentation.undated"}
	following = []string{"holder.no_credential", "permission.ungranted", "permission.requires"}
)

// fresh are the reasons that stand against the permit, and those that leave it open.
func (was *taken) fresh(now *verifier.Answer) (against, open []policies.Reason) {
	for _, r := range now.Reasons {
		switch {
		case slices.Contains(unknowing, r.Code):
			open = append(open, r)
		case slices.Contains(following, r.Code), slices.Contains(was.Reasons, r):
		default:
			against = append(against, r)
		}
	}
	if len(open) == 0 && len(against) == 0 {
		against = now.Reasons
	}
	return against, open
}

// other is the digest of a credential that counted and that nothing is known of now;
// empty: there is none, or one whose proof could not be checked leaves it open.
func (was *taken) other(now *verifier.Answer) string {
	for _, c := range was.Credentials {
		same := func(n policies.Credential) bool { return n.Path == c.Path && (n.Digest == c.Digest || n.Digest == "") }
		if c.Accepted && !slices.ContainsFunc(now.Credentials, same) {
			return c.Digest
		}
	}
	return ""
}
