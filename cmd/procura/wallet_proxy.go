package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/procura-dev/procura/policies"
	"github.com/procura-dev/procura/verifier/proof"
	"github.com/procura-dev/procura/verifier/vc"
	"github.com/procura-dev/procura/wallet/client"
	"github.com/procura-dev/procura/wallet/contents"
	"github.com/procura-dev/procura/wallet/keys"
)

func walletProxy() *cobra.Command {
	c := &cobra.Command{Use: "proxy", Short: "Act in another's wallet, as a guardian or delegate",
		Long: `Acts in another's wallet, as a guardian or delegate, from an account of one's own. --as says
in whose wallet and for whom; the presentation is signed here, by --key, over what the
server asks for just this session. docs/wallet-proxies.md has more.`}
	c.AddCommand(proxyShow(), proxyList(), proxyGet(), proxyAdd(), proxyChange(), proxyRemove(), proxySign())
	return c
}

// proxyFlags are those of commands in another's wallet.
type proxyFlags struct {
	itemFlags
	as, signer, format, kid string
	credentials, frameworks []string
}

// command makes one; walletWork gives it the flags of the holder's own account.
func (f *proxyFlags) command(c *cobra.Command) *cobra.Command {
	fl := c.Flags()
	fl.StringVar(&f.as, "as", "", "JSON file: account (the name of the wallet's), permissions, proxied and framework, as a challenge has them")
	fl.StringVar(&f.signer, "key", "", "the proxy's private key, as of credential key")
	fl.StringArrayVar(&f.credentials, "credential", nil, "a signed credential; may be repeated")
	fl.StringVar(&f.format, "format", vc.FormatVPJWT11, "of the presentation, as of credential present")
	fl.StringArrayVar(&f.frameworks, "framework", nil, "framework document, for the contexts of ld credentials (default: those that ship)")
	require(c, "as", "key", "credential")
	return walletWork(&f.holder, c)
}

// inside does something in the other's wallet, or says why that may not be.
func (f *proxyFlags) inside(do func(context.Context, *visit, *client.Guest, []string) error) func(*cobra.Command, []string) error {
	return f.visiting(func(ctx context.Context, v *visit, args []string) error {
		d, err := f.decided(ctx, v)
		if err != nil {
			return err
		}
		if !d.Permit {
			return v.denied(d)
		}
		return do(ctx, v, d.Guest, args)
	})
}

// decided asks, signs and presents.
func (f *proxyFlags) decided(ctx context.Context, v *visit) (*client.ProxyDecision, error) {
	q := &client.ProxyQuestion{}
	if err := readStrictly(f.as, q); err != nil {
		return nil, err
	}
	key, err := readKey(f.signer)
	if err != nil {
		return nil, err
	}
	credentials, err := readCredentials(f.credentials)
	if err != nil {
		return nil, err
	}
	contexts, err := loadContexts(f.frameworks)
	if err != nil {
		return nil, err
	}
	c, err := v.AskProxy(ctx, v.account, q)
	if err != nil {
		return nil, err
	}
	signer := &proof.Signer{Key: key, Contexts: contexts.context, At: time.Now()}
	signed, err := signer.Presentation(ctx, credentials, f.format, proof.Expect{Nonce: c.Nonce, Domain: c.Domain})
	if err != nil {
		return nil, contexts.hinted(err)
	}
	return v.Present(ctx, c, signed)
}

// denied prints why a decision denies.
func (v *visit) denied(d *client.ProxyDecision) error {
	var said struct{ Reasons []policies.Reason }
	if err := json.Unmarshal(d.Raw, &said); err != nil {
		return fmt.Errorf("%w: %w", client.ErrServer, err)
	}
	text := &strings.Builder{}
	fmt.Fprintln(text, "DENY")
	for _, r := range said.Reasons {
		fmt.Fprintf(text, "  because %s (%s)\n", r.Message, r.Code)
	}
	if err := v.print(map[string]any{"decision": d.Raw}, text.String()); err != nil {
		return err
	}
	return exit(exitDeny)
}

func proxyShow() *cobra.Command {
	f := &proxyFlags{}
	return f.command(&cobra.Command{
		Use:   "show",
		Short: "Show in which partitions one may act, and until when",
		Long:  "Shows in which partitions one may act, and until when a session could. Exits with 3 where\nthe decision denies, and says why.",
		Args:  cobra.NoArgs,
		RunE: f.inside(func(_ context.Context, v *visit, g *client.Guest, _ []string) error {
			parts, text := []string{}, &strings.Builder{}
			fmt.Fprintf(text, "PERMIT in %s until %s\n", g.Name, stamp(g.Until))
			for _, id := range g.Partitions {
				parts = append(parts, shownID(id))
				fmt.Fprintln(text, shownID(id))
			}
			return v.print(map[string]any{"account": shownID(g.Account), "name": g.Name, "until": g.Until, "partitions": parts}, text.String())
		}),
	})
}

func guestShown(i *client.GuestItem, partition keys.ID) itemShown {
	return itemShown{ID: shownID(i.ID), Partition: shownID(partition), Kind: i.Kind, Version: i.Version, Bytes: len(i.Content), OwnID: ownID(i.Content)}
}

func proxyList() *cobra.Command {
	f := &proxyFlags{}
	c := f.command(&cobra.Command{
		Use:   "list PARTITION",
		Short: "List items",
		Long:  "Lists the items of a partition, one a line: id, kind, version, bytes, and the id that\nstands in its content.",
		Args:  cobra.ExactArgs(1),
		RunE: f.inside(func(ctx context.Context, v *visit, g *client.Guest, args []string) error {
			id, err := readID(args[0])
			if err != nil {
				return err
			}
			list, err := g.Items(ctx, id, f.kind, f.collection)
			if err != nil {
				return err
			}
			out, text := []itemShown{}, &strings.Builder{}
			for _, i := range list {
				s := guestShown(i, id)
				out = append(out, s)
				fmt.Fprintf(text, "%s  %s  %d  %d  %s\n", s.ID, s.Kind, s.Version, s.Bytes, s.OwnID)
			}
			return v.print(map[string]any{"items": out}, text.String())
		}),
	})
	c.Flags().StringVar(&f.kind, "kind", "", "only those of a kind")
	c.Flags().StringVar(&f.collection, "collection", "", "only those in the collection of this own id")
	return c
}

// onGuestItem does something with the item that two arguments name.
func (f *proxyFlags) onGuestItem(do func(context.Context, *visit, *client.Guest, keys.ID, *client.GuestItem) error) func(*cobra.Command, []string) error {
	return f.inside(func(ctx context.Context, v *visit, g *client.Guest, args []string) error {
		partition, err := readID(args[0])
		if err != nil {
			return err
		}
		id, err := readID(args[1])
		if err != nil {
			return err
		}
		i, err := g.Get(ctx, partition, id)
		if err != nil {
			return err
		}
		return do(ctx, v, g, partition, i)
	})
}

func proxyGet() *cobra.Command {
	f := &proxyFlags{}
	c := f.command(&cobra.Command{
		Use:   "get PARTITION ITEM",
		Short: "Print an item",
		Long:  "Prints an item, byte by byte; with --json, what is known of it too.",
		Args:  cobra.ExactArgs(2),
		RunE: f.onGuestItem(func(_ context.Context, v *visit, _ *client.Guest, partition keys.ID, i *client.GuestItem) error {
			if f.output != "" {
				return os.WriteFile(f.output, i.Content, 0o600)
			}
			return v.print(whole(guestShown(i, partition), i.Content), string(i.Content))
		}),
	})
	c.Flags().StringVarP(&f.output, "output", "o", "", "file to write, of mode 0600 (default: standard output)")
	return c
}

func proxyAdd() *cobra.Command {
	f := &proxyFlags{}
	c := f.command(&cobra.Command{
		Use:   "add PARTITION FILE",
		Short: "Keep what is in a file, and print its id",
		Long:  "Keeps what is in a file, or with - on standard input, and prints the item's id.",
		Args:  cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			i, err := f.item(cmd, args[1])
			if err != nil {
				return err
			}
			return f.inside(func(ctx context.Context, v *visit, g *client.Guest, args []string) error {
				id, err := readID(args[0])
				if err != nil {
					return err
				}
				own := &client.GuestItem{Kind: i.Kind, Own: i.Own, Collection: i.Collection, Tags: i.Tags, Content: i.Content}
				if err := g.Add(ctx, id, own); err != nil {
					return err
				}
				return v.print(guestShown(own, id), shownID(own.ID)+"\n")
			})(cmd, args)
		},
	})
	f.found(c)
	kinds := slices.DeleteFunc(slices.Clone(contents.Kinds), func(k string) bool { return k == contents.KindKey })
	c.Flags().StringVar(&f.kind, "kind", contents.KindCredential, "one of "+strings.Join(kinds, ", "))
	return c
}

func proxyChange() *cobra.Command {
	f := &proxyFlags{}
	c := f.command(&cobra.Command{
		Use:   "change PARTITION ITEM FILE",
		Short: "Keep another content in the place of an item's",
		Long:  "Keeps what is in a file, or with - on standard input, in the place of an item's content.",
		Args:  cobra.ExactArgs(3),
		RunE: func(cmd *cobra.Command, args []string) error {
			content, err := f.content(cmd, args[2])
			if err != nil {
				return err
			}
			return f.onGuestItem(func(ctx context.Context, v *visit, g *client.Guest, partition keys.ID, i *client.GuestItem) error {
				i.Content, i.Tags = content, f.tags
				if err := g.Change(ctx, partition, i); err != nil {
					return err
				}
				return v.print(guestShown(i, partition), fmt.Sprintf("version %d\n", i.Version))
			})(cmd, args)
		},
	})
	c.Flags().StringArrayVar(&f.tags, "tag", nil, "field=value that it can be found by; may be repeated. Those before are lost")
	return c
}

func proxyRemove() *cobra.Command {
	f := &proxyFlags{}
	return f.command(&cobra.Command{
		Use:   "remove PARTITION ITEM",
		Short: "Remove an item",
		Long:  "Removes an item, of the version that there is.",
		Args:  cobra.ExactArgs(2),
		RunE: f.onGuestItem(func(ctx context.Context, _ *visit, g *client.Guest, partition keys.ID, i *client.GuestItem) error {
			return g.Remove(ctx, partition, i)
		}),
	})
}

func proxySign() *cobra.Command {
	f := &proxyFlags{}
	c := f.command(&cobra.Command{
		Use:   "sign PROFILE CLAIMS.json",
		Short: "Sign claims with a key of the other's profile",
		Long:  "Signs the claims in a file, or with - on standard input, with a key of the other's profile,\nand prints the JWT.",
		Args:  cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			raw, err := f.content(cmd, args[1])
			if err != nil {
				return err
			}
			var claims map[string]any
			if err := json.Unmarshal(raw, &claims); err != nil || claims == nil {
				return errors.Join(fmt.Errorf("%s: want a JSON object of claims", args[1]), err)
			}
			return f.inside(func(ctx context.Context, v *visit, g *client.Guest, args []string) error {
				p, err := g.Profile(ctx, args[0])
				if err != nil {
					return err
				}
				kid, err := oneKey(ctx, p, f.kid)
				if err != nil {
					return err
				}
				signed, err := p.SignJWT(ctx, kid, "", claims)
				if err != nil {
					return err
				}
				return v.print(map[string]string{"jwt": signed}, signed+"\n")
			})(cmd, args)
		},
	})
	c.Flags().StringVar(&f.kid, "kid", "", "id of the key that signs (default: the only one)")
	return c
}
