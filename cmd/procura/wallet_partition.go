package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/procura-dev/procura/wallet/client"
	"github.com/procura-dev/procura/wallet/contents"
)

func walletPartition() *cobra.Command {
	c := &cobra.Command{Use: "partition", Short: "Parts of a wallet, each with a key of its own"}
	c.AddCommand(partitionAdd(), partitionList(), partitionMode(), partitionClose())
	return c
}

// A shownPartition is one as it is printed.
type shownPartition struct {
	ID    string `json:"id"`
	Mode  string `json:"mode"`
	Epoch uint64 `json:"epoch"`
}

func shownOf(p *client.Partition) shownPartition {
	return shownPartition{ID: shownID(p.ID()), Mode: p.Mode, Epoch: p.Epoch()}
}

const aboutModes = `sealed: the server never can read it. served: the server has its key while a session
has it open. custodial: the server has its key, sealed by its own, so that it can act
while nobody is logged in; who runs it can read what is inside.`

func partitionAdd() *cobra.Command {
	h, mode := &holder{}, ""
	c := walletWork(h, &cobra.Command{
		Use:   "add",
		Short: "Make a partition, and print its id",
		Long:  "Makes a partition, and prints its id. By its mode it is\n" + aboutModes,
		Args:  cobra.NoArgs,
		RunE: h.visiting(func(ctx context.Context, v *visit, _ []string) error {
			if err := knownMode(mode); err != nil {
				return err
			}
			p, err := v.AddPartitionIn(ctx, v.account, mode)
			if err != nil {
				return err
			}
			v.warn(mode)
			return v.print(shownOf(p), shownID(p.ID())+"\n")
		}),
	})
	c.Flags().StringVar(&mode, "mode", contents.Sealed, "one of "+strings.Join(contents.Modes, ", "))
	return c
}

func knownMode(mode string) error {
	if !slices.Contains(contents.Modes, mode) {
		return fmt.Errorf("there is no mode %q: want one of %s", mode, strings.Join(contents.Modes, ", "))
	}
	return nil
}

// warn says what a mode gives away.
func (v *visit) warn(mode string) {
	if mode == contents.Custodial {
		fmt.Fprintln(v.cmd.ErrOrStderr(), "the server has the key of this partition from now on: who runs it can read it")
	}
}

func partitionList() *cobra.Command {
	h := &holder{}
	return walletWork(h, &cobra.Command{
		Use:   "list",
		Short: "List the partitions",
		Long:  "Lists the partitions, one a line: id, mode, epoch.",
		Args:  cobra.NoArgs,
		RunE:  h.visiting(listPartitions),
	})
}

func listPartitions(ctx context.Context, v *visit, _ []string) error {
	list, err := v.Partitions(ctx, v.account)
	if err != nil {
		return err
	}
	out, text := []shownPartition{}, &strings.Builder{}
	for _, p := range list {
		out = append(out, shownOf(p))
		fmt.Fprintf(text, "%s  %-9s  epoch %d\n", shownID(p.ID()), p.Mode, p.Epoch())
	}
	return v.print(map[string]any{"partitions": out}, text.String())
}

func partitionMode() *cobra.Command {
	h := &holder{}
	return walletWork(h, &cobra.Command{
		Use:   "mode ID MODE",
		Short: "Give a partition another mode",
		Long: `Gives a partition another mode. What any session has open of it is closed. What the
server, or who read its store, learnt before, they may have kept. It is then
` + aboutModes,
		Args: cobra.ExactArgs(2),
		RunE: h.visiting(func(ctx context.Context, v *visit, args []string) error {
			if err := knownMode(args[1]); err != nil {
				return err
			}
			p, err := v.partition(ctx, args[0])
			if err != nil {
				return err
			}
			if err := p.SetMode(ctx, args[1]); err != nil {
				return err
			}
			v.warn(args[1])
			return v.print(shownOf(p), fmt.Sprintf("%s is %s\n", args[0], args[1]))
		}),
	})
}

func partitionClose() *cobra.Command {
	h := &holder{}
	return walletWork(h, &cobra.Command{
		Use:   "close ID",
		Short: "Have the server forget a partition's key in every session",
		Long: `Has the server forget a served partition's key in every session of the account. What a
command opens it closes itself; this is for sessions of other clients.`,
		Args: cobra.ExactArgs(1),
		RunE: h.visiting(func(ctx context.Context, v *visit, args []string) error {
			p, err := v.partition(ctx, args[0])
			if err != nil {
				return err
			}
			return p.CloseAll(ctx, v.password)
		}),
	})
}

// partition finds the partition of an id; where none is given, the only one or the
// only sealed one.
func (v *visit) partition(ctx context.Context, text string) (*client.Partition, error) {
	list, err := v.Partitions(ctx, v.account)
	if err != nil {
		return nil, err
	}
	if text == "" {
		return onlyPartition(list)
	}
	id, err := readID(text)
	if err != nil {
		return nil, err
	}
	for _, p := range list {
		if p.ID() == id {
			return p, nil
		}
	}
	return nil, fmt.Errorf("the wallet has no partition %s (wallet partition list)", text)
}

func onlyPartition(list []*client.Partition) (*client.Partition, error) {
	if len(list) == 0 {
		return nil, errors.New("the wallet has no partition: wallet partition add makes one")
	}
	of := list
	if len(of) > 1 {
		of = slices.DeleteFunc(slices.Clone(list), func(p *client.Partition) bool { return p.Mode != contents.Sealed })
	}
	if len(of) != 1 {
		return nil, fmt.Errorf("the wallet has %d partitions, and %d are sealed: --partition must say which (wallet partition list)", len(list), len(of))
	}
	return of[0], nil
}
