package main

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/procura-dev/procura/wallet/client"
	"github.com/procura-dev/procura/wallet/contents"
	"github.com/procura-dev/procura/wallet/keys"
)

func walletCollection() *cobra.Command {
	c := &cobra.Command{Use: "collection", Short: "Names under which items are kept together"}
	c.AddCommand(collectionAdd(), collectionList(), collectionRemove())
	return c
}

func collectionAdd() *cobra.Command {
	f := &itemFlags{}
	return f.command(&cobra.Command{
		Use:   "add NAME",
		Short: "Make a collection",
		Long:  "Makes a collection, in which items can be added by --collection NAME. The server does\nnot see the name.",
		Args:  cobra.ExactArgs(1),
		RunE: f.visiting(func(ctx context.Context, v *visit, args []string) error {
			p, err := v.partition(ctx, f.partition)
			if err != nil {
				return err
			}
			content, err := json.Marshal(map[string]string{"id": args[0], "name": args[0]})
			if err != nil {
				return err
			}
			i := &client.Item{Item: keys.Item{Kind: contents.KindCollection}, Own: args[0], Content: content}
			if err := p.Add(ctx, i); err != nil {
				return err
			}
			return v.print(shownItem(i, p), shownID(i.ID)+"\n")
		}),
	})
}

func collectionList() *cobra.Command {
	f := &itemFlags{}
	return f.command(&cobra.Command{
		Use:   "list",
		Short: "List the collections",
		Long:  "Lists the collections of a partition, as wallet item list does.",
		Args:  cobra.NoArgs,
		RunE: f.visiting(func(ctx context.Context, v *visit, _ []string) error {
			p, err := v.partition(ctx, f.partition)
			if err != nil {
				return err
			}
			return listItems(ctx, v, p, client.Find{Kind: contents.KindCollection})
		}),
	})
}

func collectionRemove() *cobra.Command {
	f := &itemFlags{}
	return f.command(&cobra.Command{
		Use:   "remove NAME",
		Short: "Remove a collection that holds nothing",
		Long:  "Removes a collection. One that holds something stays.",
		Args:  cobra.ExactArgs(1),
		RunE: f.onItem(func(ctx context.Context, _ *visit, p *client.Partition, i *client.Item) error {
			if i.Kind != contents.KindCollection {
				return fmt.Errorf("%s is no collection (wallet item remove removes it)", shownID(i.ID))
			}
			return p.Remove(ctx, i)
		}),
	})
}
