package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/procura-dev/procura/wallet/client"
	"github.com/procura-dev/procura/wallet/contents"
	"github.com/procura-dev/procura/wallet/keys"
)

func walletItem() *cobra.Command {
	c := &cobra.Command{Use: "item", Short: "What is kept in a wallet",
		Long: `What is kept in a wallet: credentials, connections and the like. An item has an id,
by which the server knows it, and may have an id of its own, as a credential's, which
the server sees only as a tag. Either names it here.`}
	c.AddCommand(itemAdd(), itemGet(), itemList(), itemChange(), itemRemove())
	return c
}

// itemFlags are those of commands on items.
type itemFlags struct {
	holder
	partition, kind, own, collection, output string
	tag                                      string
	tags                                     []string
	version                                  uint64
}

func (f *itemFlags) command(c *cobra.Command) *cobra.Command {
	c.Flags().StringVar(&f.partition, "partition", "", "id of the partition (default: the only one, or the only sealed one)")
	return walletWork(&f.holder, c)
}

// found are the flags by which an item is found.
func (f *itemFlags) found(c *cobra.Command) {
	c.Flags().StringVar(&f.own, "own-id", "", `its own id (default: the member "id" of its content)`)
	c.Flags().StringVar(&f.collection, "collection", "", "own id of the collection that it is in")
	c.Flags().StringArrayVar(&f.tags, "tag", nil, "field=value that it can be found by; may be repeated. The server sees which items have the same")
}

func itemAdd() *cobra.Command {
	f := &itemFlags{}
	c := f.command(&cobra.Command{
		Use:   "add FILE",
		Short: "Keep what is in a file, and print its id",
		Long:  "Keeps what is in a file, or with - on standard input, and prints the item's id. It is\nsealed before it leaves this machine.",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			i, err := f.item(cmd, args[0])
			if err != nil {
				return err
			}
			return f.visiting(func(ctx context.Context, v *visit, _ []string) error {
				p, err := v.partition(ctx, f.partition)
				if err != nil {
					return err
				}
				if err := p.Add(ctx, i); err != nil {
					return err
				}
				return v.print(shownItem(i, p), shownID(i.ID)+"\n")
			})(cmd, args)
		},
	})
	f.found(c)
	c.Flags().StringVar(&f.kind, "kind", contents.KindCredential, "one of "+strings.Join(contents.Kinds, ", "))
	return c
}

// item is what the flags and a file make of one, before anybody is asked.
func (f *itemFlags) item(cmd *cobra.Command, path string) (*client.Item, error) {
	if f.kind != "" && !slices.Contains(contents.Kinds, f.kind) {
		return nil, fmt.Errorf("--kind %s: want one of %s", f.kind, strings.Join(contents.Kinds, ", "))
	}
	for _, tag := range f.tags {
		if field, value, ok := strings.Cut(tag, "="); !ok || field == "" || value == "" {
			return nil, fmt.Errorf("--tag %s: want field=value", tag)
		}
	}
	if len(f.tags) > contents.MaxTags {
		return nil, fmt.Errorf("--tag: at most %d", contents.MaxTags)
	}
	content, err := f.content(cmd, path)
	if err != nil {
		return nil, err
	}
	return &client.Item{Item: keys.Item{Kind: f.kind}, Own: cmp.Or(f.own, ownID(content)), Collection: f.collection, Tags: f.tags, Content: content}, nil
}

// maxItem is how many bytes an item can have, unsealed.
const maxItem = contents.MaxContent - keys.Overhead

// content reads what is to be kept.
func (f *itemFlags) content(cmd *cobra.Command, path string) ([]byte, error) {
	raw, err := await(cmd.Context(), func() ([]byte, error) {
		if path == "-" {
			if f.password.fd == 0 {
				return nil, errors.New("standard input cannot be the password and the item: --password-fd takes another descriptor")
			}
			return io.ReadAll(io.LimitReader(cmd.InOrStdin(), maxItem+1))
		}
		file, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		defer file.Close()
		return io.ReadAll(io.LimitReader(file, maxItem+1))
	})
	if err == nil && len(raw) > maxItem {
		err = fmt.Errorf("%s: an item has at most %d bytes", path, maxItem)
	}
	return raw, err
}

// ownID is the own id that stands in a content; empty: none does.
func ownID(content []byte) string {
	var named struct {
		ID any `json:"id"`
	}
	if json.Unmarshal(content, &named) != nil {
		return ""
	}
	text, _ := named.ID.(string)
	return text
}

// An itemShown is one as it is printed.
type itemShown struct {
	ID        string `json:"id"`
	Partition string `json:"partition"`
	Kind      string `json:"kind"`
	Version   uint64 `json:"version"`
	Bytes     int    `json:"bytes"`
	OwnID     string `json:"ownId,omitempty"` // that stands in the content
	Content   any    `json:"content,omitempty"`
}

func shownItem(i *client.Item, p *client.Partition) itemShown {
	return itemShown{ID: shownID(i.ID), Partition: shownID(p.ID()), Kind: i.Kind, Version: i.Version, Bytes: len(i.Content), OwnID: ownID(i.Content)}
}

// whole has its content: JSON as it is, else text, else base64.
func whole(s itemShown, content []byte) itemShown {
	switch text := string(content); {
	case json.Valid(content):
		s.Content = json.RawMessage(content)
	case strings.ToValidUTF8(text, "") == text:
		s.Content = text
	default:
		s.Content = map[string]any{"base64": content}
	}
	return s
}

// onItem does something with the item that the first argument names.
func (f *itemFlags) onItem(do func(context.Context, *visit, *client.Partition, *client.Item) error) func(*cobra.Command, []string) error {
	return f.visiting(func(ctx context.Context, v *visit, args []string) error {
		p, err := v.partition(ctx, f.partition)
		if err != nil {
			return err
		}
		i, err := itemNamed(ctx, p, args[0])
		if err != nil {
			return err
		}
		if f.version != 0 && f.version != i.Version {
			return fmt.Errorf("%s has version %d, not %d: it was changed meanwhile", args[0], i.Version, f.version)
		}
		return do(ctx, v, p, i)
	})
}

// itemNamed finds an item by its id or its own.
func itemNamed(ctx context.Context, p *client.Partition, text string) (*client.Item, error) {
	if id, err := readID(text); err == nil {
		return p.Get(ctx, id)
	}
	list, err := p.All(ctx, client.Find{Own: text})
	if err != nil {
		return nil, err
	}
	for _, i := range list {
		return i, nil
	}
	return nil, fmt.Errorf("there is no item %q in the partition (wallet item list)", text)
}

func itemGet() *cobra.Command {
	f := &itemFlags{}
	c := f.command(&cobra.Command{
		Use:   "get ITEM",
		Short: "Print an item",
		Long:  "Prints what was kept as ITEM, byte by byte; with --json, what is known of it too.",
		Args:  cobra.ExactArgs(1),
		RunE: f.onItem(func(_ context.Context, v *visit, p *client.Partition, i *client.Item) error {
			if f.output != "" {
				return os.WriteFile(f.output, i.Content, 0o600)
			}
			return v.print(whole(shownItem(i, p), i.Content), string(i.Content))
		}),
	})
	c.Flags().StringVarP(&f.output, "output", "o", "", "file to write, of mode 0600 (default: standard output)")
	return c
}

func itemList() *cobra.Command {
	f := &itemFlags{}
	c := f.command(&cobra.Command{
		Use:   "list",
		Short: "List items",
		Long:  "Lists the items of a partition, one a line: id, kind, version, bytes, and the id that\nstands in its content.",
		Args:  cobra.NoArgs,
		RunE: f.visiting(func(ctx context.Context, v *visit, _ []string) error {
			p, err := v.partition(ctx, f.partition)
			if err != nil {
				return err
			}
			return listItems(ctx, v, p, client.Find{Kind: f.kind, Own: f.own, Collection: f.collection, Tag: f.tag})
		}),
	})
	c.Flags().StringVar(&f.kind, "kind", "", "only those of this kind")
	c.Flags().StringVar(&f.own, "own-id", "", "only the one of this own id")
	c.Flags().StringVar(&f.collection, "collection", "", "only those in this collection")
	c.Flags().StringVar(&f.tag, "tag", "", "only those with this field=value")
	c.MarkFlagsMutuallyExclusive("own-id", "tag")
	return c
}

func listItems(ctx context.Context, v *visit, p *client.Partition, find client.Find) error {
	list, err := p.All(ctx, find)
	if err != nil {
		return err
	}
	out, text := []itemShown{}, &strings.Builder{}
	for _, i := range list {
		s := shownItem(i, p)
		out = append(out, s)
		fmt.Fprintf(text, "%s  %-10s  version %d  %7d bytes  %s\n", s.ID, s.Kind, s.Version, s.Bytes, s.OwnID)
	}
	return v.print(map[string]any{"items": out}, text.String())
}

func itemChange() *cobra.Command {
	f := &itemFlags{}
	c := f.command(&cobra.Command{
		Use:   "change ITEM FILE",
		Short: "Keep another content in the place of an item's",
		Long: `Keeps what is in a file, or with - on standard input, in the place of an item's content.
Its kind and collection stay where none is given. Its tags are those that are given now: nobody
can read the ones before. Who changes it at the same time, on another device, is not overwritten: the second is told so.`,
		Args: cobra.ExactArgs(2),
	})
	c.RunE = func(cmd *cobra.Command, args []string) error {
		next, err := f.item(cmd, args[1])
		if err != nil {
			return err
		}
		return f.onItem(func(ctx context.Context, v *visit, p *client.Partition, i *client.Item) error {
			i.Kind = cmp.Or(next.Kind, i.Kind)
			i.Own, i.Collection, i.Tags, i.Content = next.Own, next.Collection, next.Tags, next.Content
			if err := p.Change(ctx, i); err != nil {
				return err
			}
			return v.print(shownItem(i, p), fmt.Sprintf("%s has version %d\n", shownID(i.ID), i.Version))
		})(cmd, args)
	}
	f.found(c)
	c.Flags().StringVar(&f.kind, "kind", "", "another kind: one of "+strings.Join(contents.Kinds, ", "))
	c.Flags().Uint64Var(&f.version, "version", 0, "only if it still has this version (default: the one that it has)")
	return c
}

func itemRemove() *cobra.Command {
	f := &itemFlags{}
	c := f.command(&cobra.Command{
		Use:   "remove ITEM",
		Short: "Remove an item",
		Long:  "Removes an item, with its key. A collection that holds something stays.",
		Args:  cobra.ExactArgs(1),
		RunE: f.onItem(func(ctx context.Context, _ *visit, p *client.Partition, i *client.Item) error {
			return p.Remove(ctx, i)
		}),
	})
	c.Flags().Uint64Var(&f.version, "version", 0, "only if it still has this version (default: the one that it has)")
	return c
}
