package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/procura-dev/procura/verifier/proof"
	"github.com/procura-dev/procura/wallet/client"
	"github.com/procura-dev/procura/wallet/contents"
)

func walletProfile() *cobra.Command {
	c := &cobra.Command{Use: "profile", Short: "As whom a wallet signs: keys, and where they are",
		Long: `As whom a wallet signs: keys, and where they are. A profile's keys are in a partition
that the server opens, for it is the server that signs. Each command gives it the key of a
served partition, and has it forgotten when it ends.`}
	c.AddCommand(profileAdd(), profileList(), profileKMS(), profileContents(), profileDropKMS(), profileClose(), profileRemove())
	return c
}

// A shownProfile is one as it is printed.
type shownProfile struct {
	ID       string     `json:"id"`
	Name     string     `json:"name"`
	Version  uint64     `json:"version"`
	KMS      []shownKMS `json:"kms"` // the last makes keys, all sign
	Contents []string   `json:"contents"`
}

type shownKMS struct {
	Generation uint64 `json:"generation"`
	Kind       string `json:"kind"`
	Partition  string `json:"partition"`
}

func profileOf(p *client.Profile) (shownProfile, string) {
	out := shownProfile{ID: shownID(p.ID), Name: p.Name, Version: p.Version, KMS: []shownKMS{}, Contents: []string{}}
	text := &strings.Builder{}
	for _, k := range p.KMS {
		out.KMS = append(out.KMS, shownKMS{k.Generation, k.Kind, shownID(k.Partition)})
		fmt.Fprintf(text, "%s  kms %d  %-9s  %s\n", p.Name, k.Generation, k.Kind, shownID(k.Partition))
	}
	for _, id := range p.Contents {
		out.Contents = append(out.Contents, shownID(id))
		fmt.Fprintf(text, "%s  contents  %s\n", p.Name, shownID(id))
	}
	return out, text.String()
}

func (v *visit) printProfile(p *client.Profile) error {
	shown, text := profileOf(p)
	return v.print(shown, text)
}

func profileAdd() *cobra.Command {
	h, kms, mode, into := &holder{}, "", "", []string{}
	c := walletWork(h, &cobra.Command{
		Use:   "add NAME",
		Short: "Make a profile",
		Long: `Makes a profile whose keys are in a partition of its own, which is made too, or in that
of --kms: served, or custodial, so that the server can sign while nobody is logged in.`,
		Args: cobra.ExactArgs(1),
		RunE: h.visiting(func(ctx context.Context, v *visit, args []string) error {
			if _, err := v.Profile(ctx, args[0]); err == nil { // before a partition is made for it
				return fmt.Errorf("there is a profile %s already", args[0])
			}
			others, err := v.partitions(ctx, into)
			if err != nil {
				return err
			}
			keysIn, err := v.kms(ctx, kms, mode)
			if err != nil {
				return err
			}
			p, err := v.CreateProfile(ctx, args[0], keysIn, others...)
			if err != nil {
				return err
			}
			return v.printProfile(p)
		}),
	})
	c.Flags().StringVar(&kms, "kms", "", "id of the partition of its keys (default: a new one)")
	c.Flags().StringVar(&mode, "mode", contents.Served, "of the new partition: served, custodial")
	c.Flags().StringArrayVar(&into, "contents", nil, "id of a partition that is opened with it; may be repeated")
	c.MarkFlagsMutuallyExclusive("kms", "mode")
	return c
}

// kms is the partition of keys that is named, or a new one.
func (v *visit) kms(ctx context.Context, id, mode string) (*client.Partition, error) {
	if id != "" {
		return v.partition(ctx, id)
	}
	if mode == contents.Sealed {
		return nil, errors.New("--mode: the server signs, and cannot in a sealed partition: want served or custodial")
	}
	if err := knownMode(mode); err != nil {
		return nil, err
	}
	v.warn(mode)
	return v.AddPartitionIn(ctx, v.account, mode)
}

func (v *visit) partitions(ctx context.Context, ids []string) (out []*client.Partition, err error) {
	for _, id := range ids {
		p, err := v.partition(ctx, id)
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}

func profileList() *cobra.Command {
	h := &holder{}
	return walletWork(h, &cobra.Command{
		Use:   "list",
		Short: "List the profiles",
		Long:  "Lists the profiles, a line for each partition of keys and of contents.",
		Args:  cobra.NoArgs,
		RunE: h.visiting(func(ctx context.Context, v *visit, _ []string) error {
			list, err := v.Profiles(ctx)
			if err != nil {
				return err
			}
			out, all := []shownProfile{}, ""
			for _, p := range list {
				shown, text := profileOf(p)
				out, all = append(out, shown), all+text
			}
			return v.print(map[string]any{"profiles": out}, all)
		}),
	})
}

// changing makes a command that changes a profile and shows what it is then.
func changing(h *holder, c *cobra.Command, do func(context.Context, *visit, *client.Profile, []string) error) *cobra.Command {
	c.RunE = h.visiting(func(ctx context.Context, v *visit, args []string) error {
		p, err := v.Profile(ctx, args[0])
		if err != nil {
			return err
		}
		if err := do(ctx, v, p, args[1:]); err != nil {
			return err
		}
		return v.printProfile(p)
	})
	return walletWork(h, c)
}

func profileKMS() *cobra.Command {
	return changing(&holder{}, &cobra.Command{
		Use:   "kms NAME PARTITION",
		Short: "Have a profile make its keys in another partition",
		Long:  "Has a profile make its keys in another partition from now on. Those that it has sign on\nwhere they are, and its contents stay.",
		Args:  cobra.ExactArgs(2),
	}, func(ctx context.Context, v *visit, p *client.Profile, args []string) error {
		to, err := v.partition(ctx, args[0])
		if err != nil {
			return err
		}
		return p.SetKMS(ctx, to)
	})
}

func profileContents() *cobra.Command {
	return changing(&holder{}, &cobra.Command{
		Use:   "contents NAME [PARTITION…]",
		Short: "Say which partitions are opened with a profile",
		Long:  "Says which partitions are opened with a profile, instead of those before.",
		Args:  cobra.MinimumNArgs(1),
	}, func(ctx context.Context, v *visit, p *client.Profile, args []string) error {
		into, err := v.partitions(ctx, args)
		if err != nil {
			return err
		}
		return p.SetContents(ctx, into...)
	})
}

func profileClose() *cobra.Command {
	return changing(&holder{}, &cobra.Command{
		Use:   "close NAME",
		Short: "Have the server forget a profile's keys in every session",
		Long:  "Has the server forget the keys of what is served of a profile, in every session of the account.",
		Args:  cobra.ExactArgs(1),
	}, func(ctx context.Context, v *visit, p *client.Profile, _ []string) error {
		return p.LockAll(ctx, v.password)
	})
}

const aboutLosing = `Keys are lost with it: --lose must say how many, as wallet key list counts them. What they
signed stays signed.`

func profileDropKMS() *cobra.Command {
	h, lose := &holder{}, 0
	c := changing(h, &cobra.Command{
		Use:   "drop-kms NAME GENERATION",
		Short: "Remove an older partition of keys from a profile",
		Long:  "Removes a partition of keys from a profile that has a newer one. " + aboutLosing,
		Args:  cobra.ExactArgs(2),
	}, func(ctx context.Context, v *visit, p *client.Profile, args []string) error {
		generation, err := strconv.ParseUint(args[0], 10, 63)
		if err != nil {
			return fmt.Errorf("GENERATION %q: want a number that wallet profile list shows", args[0])
		}
		if err := v.unlock(ctx, p); err != nil {
			return err
		}
		return p.RemoveKMS(ctx, v.password, generation, lose)
	})
	c.Flags().IntVar(&lose, "lose", 0, "how many keys are lost")
	return c
}

func profileRemove() *cobra.Command {
	h, lose := &holder{}, 0
	c := walletWork(h, &cobra.Command{
		Use:   "remove NAME",
		Short: "Remove a profile and its keys",
		Long:  "Removes a profile; the contents of its partitions stay. " + aboutLosing,
		Args:  cobra.ExactArgs(1),
		RunE: h.visiting(func(ctx context.Context, v *visit, args []string) error {
			p, err := v.unlocked(ctx, args[0])
			if err != nil {
				return err
			}
			return p.Remove(ctx, v.password, lose)
		}),
	})
	c.Flags().IntVar(&lose, "lose", 0, "how many keys are lost")
	return c
}

// unlocked is a profile whose served partitions this session has open.
func (v *visit) unlocked(ctx context.Context, name string) (*client.Profile, error) {
	p, err := v.Profile(ctx, name)
	if err != nil {
		return nil, err
	}
	return p, v.unlock(ctx, p)
}

func (v *visit) unlock(ctx context.Context, p *client.Profile) error {
	if p.Open {
		return nil
	}
	all, err := v.Partitions(ctx, v.account)
	if err != nil {
		return err
	}
	return p.Unlock(ctx, all)
}

func walletKey() *cobra.Command {
	c := &cobra.Command{Use: "key", Short: "Keys of a profile"}
	c.AddCommand(keyAdd(), keyList())
	return c
}

// A shownKey is one as it is printed.
type shownKey struct {
	KID    string         `json:"kid"`
	Type   string         `json:"type"`
	DID    string         `json:"did"`
	Method string         `json:"verificationMethod"`
	JWK    map[string]any `json:"jwk"`
}

func keyOf(k *client.Key) (shownKey, string) {
	return shownKey{k.KID, k.Type, k.DID, k.Method, k.JWK}, fmt.Sprintf("%s  %-9s  %s\n", k.KID, k.Type, k.DID)
}

func keyAdd() *cobra.Command {
	h, kind := &holder{}, ""
	c := walletWork(h, &cobra.Command{
		Use:   "add PROFILE",
		Short: "Make a key pair, and print what it is called",
		Long:  "Makes a key pair, and prints its id, type and did:key. The private key stays in the wallet.",
		Args:  cobra.ExactArgs(1),
		RunE: h.visiting(func(ctx context.Context, v *visit, args []string) error {
			p, err := v.unlocked(ctx, args[0])
			if err != nil {
				return err
			}
			k, err := p.CreateKeyPair(ctx, kind)
			if err != nil {
				return err
			}
			shown, text := keyOf(k)
			return v.print(shown, text)
		}),
	})
	c.Flags().StringVar(&kind, "type", proof.Ed25519, "one of "+strings.Join(proof.KeyTypes, ", "))
	return c
}

func keyList() *cobra.Command {
	h := &holder{}
	return walletWork(h, &cobra.Command{
		Use:   "list PROFILE",
		Short: "List the keys of a profile",
		Long:  "Lists the keys of a profile, one a line: id, type, did:key.",
		Args:  cobra.ExactArgs(1),
		RunE: h.visiting(func(ctx context.Context, v *visit, args []string) error {
			p, err := v.unlocked(ctx, args[0])
			if err != nil {
				return err
			}
			list, err := p.Keys(ctx, 0)
			if err != nil {
				return err
			}
			out, all := []shownKey{}, ""
			for _, k := range list {
				shown, text := keyOf(k)
				out, all = append(out, shown), all+text
			}
			return v.print(map[string]any{"keys": out}, all)
		}),
	})
}

func walletJWT() *cobra.Command {
	c := &cobra.Command{Use: "jwt", Short: "Sign and check JWTs"}
	c.AddCommand(jwtSign(), jwtVerify())
	return c
}

func jwtSign() *cobra.Command {
	f, kid, kind := &itemFlags{}, "", ""
	c := walletWork(&f.holder, &cobra.Command{
		Use:   "sign PROFILE CLAIMS.json",
		Short: "Sign claims with a key of a profile",
		Long:  "Signs the claims in a file, or with - on standard input, and prints the JWT.",
		Args:  cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			raw, err := f.content(cmd, args[1])
			if err != nil {
				return err
			}
			var claims map[string]any
			if err := json.Unmarshal(raw, &claims); err != nil {
				return fmt.Errorf("%s: want a JSON object of claims: %w", args[1], err)
			}
			if claims == nil {
				return fmt.Errorf("%s: want a JSON object of claims, not null", args[1])
			}
			return f.visiting(func(ctx context.Context, v *visit, args []string) error {
				return v.sign(ctx, args[0], kid, kind, claims)
			})(cmd, args)
		},
	})
	c.Flags().StringVar(&kid, "key", "", "id of the key (default: the only one)")
	c.Flags().StringVar(&kind, "typ", "", "typ of the JWT's header")
	return c
}

func (v *visit) sign(ctx context.Context, name, kid, kind string, claims map[string]any) error {
	p, err := v.unlocked(ctx, name)
	if err != nil {
		return err
	}
	if kid, err = oneKey(ctx, p, kid); err != nil {
		return err
	}
	signed, err := p.SignJWT(ctx, kid, kind, claims)
	if err != nil {
		return err
	}
	return v.print(map[string]string{"jwt": signed}, signed+"\n")
}

// oneKey is the key that is named, or the only one.
func oneKey(ctx context.Context, p *client.Profile, kid string) (string, error) {
	if kid != "" {
		return kid, nil
	}
	list, err := p.Keys(ctx, 0)
	if err != nil {
		return "", err
	}
	if len(list) != 1 {
		return "", fmt.Errorf("%s has %d keys: --key must say which (wallet key list, wallet key add)", p.Name, len(list))
	}
	return list[0].KID, nil
}

func jwtVerify() *cobra.Command {
	f := &itemFlags{}
	return walletWork(&f.holder, &cobra.Command{
		Use:   "verify FILE",
		Short: "Have the server check who signed a JWT",
		Long:  "Has the server check the JWT in a file, or with - on standard input, and prints who signed.\nExits with 1 where it is not what somebody signed.",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			raw, err := f.content(cmd, args[0])
			if err != nil {
				return err
			}
			return f.visiting(func(ctx context.Context, v *visit, _ []string) error {
				got, err := v.VerifyJWT(ctx, strings.TrimSpace(string(raw)))
				if err != nil {
					return err
				}
				return v.checked(got)
			})(cmd, args)
		},
	})
}

// checked prints what was found of a JWT: nothing that nobody signed, but for --json.
func (v *visit) checked(got *client.JWTCheck) error {
	shown := map[string]any{"verified": got.Verified, "header": got.Header, "claims": got.Claims, "signer": got.Signer, "code": got.Code, "message": got.Message}
	text := fmt.Sprintf("signed by %s\n", got.Signer)
	if !got.Verified {
		text = fmt.Sprintf("not verified: %s\n", cmp.Or(got.Message, got.Code))
	}
	if err := v.print(shown, text); err != nil || got.Verified {
		return err
	}
	return exit(exitDiffers)
}
