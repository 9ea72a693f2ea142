package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/spf13/cobra"

	"github.com/procura-dev/procura/verifier/vc"
	"github.com/procura-dev/procura/wallet/client"
	"github.com/procura-dev/procura/wallet/query"
)

func walletCredential() *cobra.Command {
	c := &cobra.Command{Use: "credential", Short: "Find, issue, present and check credentials",
		Long: `Finds, issues, presents and checks credentials. What is asked and answered is JSON, as
docs/wallet-queries.md and docs/issuing.md have it.`}
	c.AddCommand(credentialQuery(), walletIssue(), credentialProve(), credentialVerify(), credentialDerive(), credentialManifest())
	return c
}

// asking makes a command that reads a file, JSON or a compact form, before it logs in.
func (f *itemFlags) asking(c *cobra.Command, do func(ctx context.Context, v *visit, request any, args []string) error) *cobra.Command {
	c.RunE = func(cmd *cobra.Command, args []string) error {
		path := args[len(args)-1]
		raw, err := f.content(cmd, path)
		if err != nil {
			return err
		}
		request, err := requestFrom(raw)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		return f.visiting(func(ctx context.Context, v *visit, args []string) error { return do(ctx, v, request, args) })(cmd, args)
	}
	return walletWork(&f.holder, c)
}

// requestFrom reads JSON, or what is one word: a JWT or SD-JWT as it is.
func requestFrom(raw []byte) (any, error) {
	text := strings.TrimSpace(string(raw))
	if strings.HasPrefix(text, "{") || strings.HasPrefix(text, "[") || strings.HasPrefix(text, `"`) {
		return vc.ParseJSON([]byte(text))
	}
	if text == "" || strings.ContainsAny(text, " \t\n") {
		return nil, errors.New("want JSON, a JWT or an SD-JWT")
	}
	return text, nil
}

// printJSON prints what is JSON whoever reads it; a text as it is but for --json.
func (v *visit) printJSON(value any) error {
	if text, ok := value.(string); ok {
		return v.print(value, text+"\n")
	}
	raw, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		return err
	}
	return v.print(value, string(raw)+"\n")
}

func credentialQuery() *cobra.Command {
	f, profile := &itemFlags{}, ""
	c := f.asking(&cobra.Command{
		Use:   "query REQUEST.json",
		Short: "Find what a verifier asks for",
		Long: `Finds what a verifier asks for, by example, by frame, by Presentation Exchange or DCQL,
and prints the answers. It is done here, in a partition that the server need not read, or
with --profile by the server, in that profile's partitions. Exits with 1 where something that is required is not there.`,
		Args: cobra.ExactArgs(1),
	}, func(ctx context.Context, v *visit, request any, _ []string) error {
		ask := v.query
		if profile != "" {
			ask = func(ctx context.Context, _ string, request any) (*client.Answered, error) {
				p, err := v.unlocked(ctx, profile)
				if err != nil {
					return nil, err
				}
				return p.Query(ctx, request)
			}
		}
		got, err := ask(ctx, f.partition, request)
		if err != nil {
			return err
		}
		return v.answered(got)
	})
	c.Flags().StringVar(&f.partition, "partition", "", "id of the partition (default: the only one, or the only sealed one)")
	c.Flags().StringVar(&profile, "profile", "", "ask the server, of this profile's partitions")
	c.MarkFlagsMutuallyExclusive("partition", "profile")
	return c
}

// query answers here.
func (v *visit) query(ctx context.Context, partition string, request any) (*client.Answered, error) {
	r, err := query.ReadRequest(request)
	if err != nil {
		return nil, err
	}
	p, err := v.partition(ctx, partition)
	if err != nil {
		return nil, err
	}
	w, unread, err := client.Wallet(ctx, client.Find{}, p)
	if err != nil {
		return nil, err
	}
	answers, err := w.Answer(ctx, r)
	return &client.Answered{Answers: answers, Unread: unread}, err
}

func (v *visit) answered(got *client.Answered) error {
	if err := v.printJSON(map[string]any{"answers": got.Answers, "unread": append([]string{}, got.Unread...)}); err != nil {
		return err
	}
	for _, a := range got.Answers {
		if !a.Satisfied {
			return exit(exitDiffers)
		}
	}
	return nil
}

// byKey makes a command that has a key of a profile sign something.
func byKey(c *cobra.Command, do func(*client.Profile, context.Context, string, any) (any, error)) *cobra.Command {
	f, kid := &itemFlags{}, ""
	f.asking(c, func(ctx context.Context, v *visit, request any, args []string) error {
		p, err := v.unlocked(ctx, args[0])
		if err != nil {
			return err
		}
		key, err := oneKey(ctx, p, kid)
		if err != nil {
			return err
		}
		signed, err := do(p, ctx, key, request)
		if err != nil {
			return err
		}
		return v.printJSON(signed)
	})
	c.Flags().StringVar(&kid, "key", "", "id of the key (default: the only one)")
	return c
}

func walletIssue() *cobra.Command {
	return byKey(&cobra.Command{
		Use:   "issue PROFILE REQUEST.json",
		Short: "Issue a credential by a key of a profile",
		Long: `Issues a credential by a key of a profile: the request has credential and options, as of
POST /credentials/issue. It has no status: what is to be taken back, an issuer of the server's issues.`,
		Args: cobra.ExactArgs(2),
	}, (*client.Profile).Issue)
}

func credentialProve() *cobra.Command {
	return byKey(&cobra.Command{
		Use:   "prove PROFILE REQUEST.json",
		Short: "Sign a presentation by a key of a profile",
		Long: `Signs a presentation by a key of a profile: the request has presentation and options, of
which challenge and domain are required, as of POST /presentations/prove.`,
		Args: cobra.ExactArgs(2),
	}, (*client.Profile).Prove)
}

func credentialVerify() *cobra.Command {
	f, challenge, domain := &itemFlags{}, "", ""
	c := f.asking(&cobra.Command{
		Use:   "verify FILE",
		Short: "Have the server check a credential or a presentation",
		Long: `Has the server check a credential; with --challenge and --domain, a presentation. Exits
with 1 where it is not what was signed, or not in force.`,
		Args: cobra.ExactArgs(1),
	}, func(ctx context.Context, v *visit, what any, _ []string) error {
		check := func() (*client.Check, error) { return v.VerifyCredential(ctx, what) }
		if challenge != "" {
			check = func() (*client.Check, error) { return v.VerifyPresentation(ctx, what, challenge, domain) }
		}
		got, err := check()
		if err != nil {
			return err
		}
		problems := []map[string]string{}
		for _, p := range got.Problems {
			problems = append(problems, map[string]string{"type": p.Type, "title": p.Title, "detail": p.Detail})
		}
		if err := v.printJSON(map[string]any{"verified": got.Verified, "problemDetails": problems}); err != nil || got.Verified {
			return err
		}
		return exit(exitDiffers)
	})
	c.Flags().StringVar(&challenge, "challenge", "", "over which a presentation must be signed")
	c.Flags().StringVar(&domain, "domain", "", "for which a presentation must be signed")
	c.MarkFlagsRequiredTogether("challenge", "domain")
	return c
}

func credentialDerive() *cobra.Command {
	f, show := &itemFlags{}, []string{}
	c := f.asking(&cobra.Command{
		Use:   "derive FILE --show POINTER",
		Short: "Leave of an SD-JWT VC what is to be shown",
		Long:  "Leaves of an SD-JWT VC what JSON Pointers name, and prints it: --show /name.",
		Args:  cobra.ExactArgs(1),
	}, func(ctx context.Context, v *visit, credential any, _ []string) error {
		var got struct{ VerifiableCredential string }
		err := v.Do(ctx, http.MethodPost, "derive", map[string]any{
			"verifiableCredential": credential, "options": map[string]any{"selectivePointers": show},
		}, &got)
		if err != nil {
			return err
		}
		return v.printJSON(got.VerifiableCredential)
	})
	c.Flags().StringArrayVar(&show, "show", nil, "JSON Pointer to what is shown; may be repeated (default: nothing)")
	return c
}

func credentialManifest() *cobra.Command {
	return (&itemFlags{}).asking(&cobra.Command{
		Use:   "manifest REQUEST.json",
		Short: "Show of credentials what their manifest says",
		Long:  "Has the server resolve a credential manifest, and prints what of credentials is to be shown\nto their holder.",
		Args:  cobra.ExactArgs(1),
	}, func(ctx context.Context, v *visit, request any, _ []string) error {
		got, err := v.ResolveManifest(ctx, request)
		if err != nil {
			return err
		}
		return v.printJSON(map[string]any{"resolved": got})
	})
}
