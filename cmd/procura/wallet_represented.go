package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/procura-dev/procura/policies/facts"
	"github.com/procura-dev/procura/verifier/vc"
	"github.com/procura-dev/procura/wallet/client"
	"github.com/procura-dev/procura/wallet/keys"
)

func walletRepresented() *cobra.Command {
	c := &cobra.Command{Use: "represented", Short: "For whom a wallet keeps partitions, and what their proxies may do there",
		Long: `For whom a wallet keeps partitions, which are custodial, and what guardians and
delegates of theirs may do there. Where nothing is said nobody but the owner does anything.
docs/wallet-proxies.md has more.`}
	c.AddCommand(representedSet(), representedList(), representedRemove())
	return c
}

// A shownRepresented is one as it is printed, and as FILE has it without id and version.
type shownRepresented struct {
	ID         string               `json:"id,omitempty"`
	Version    uint64               `json:"version,omitempty"`
	Proxied    facts.ProxiedRequest `json:"proxied"`
	Framework  facts.FrameworkName  `json:"framework"`
	Grants     map[string][]string  `json:"grants"`
	Duties     []string             `json:"duties,omitempty"`
	Partitions []string             `json:"partitions"`
}

func representedOf(r *client.Represented) (shownRepresented, string) {
	out := shownRepresented{ID: shownID(r.ID), Version: r.Version, Proxied: r.Proxied, Framework: r.Framework, Grants: r.Grants, Duties: r.Duties, Partitions: []string{}}
	for _, p := range r.Partitions {
		out.Partitions = append(out.Partitions, shownID(p))
	}
	who, _ := json.Marshal(r.Proxied) // texts: cannot fail
	return out, fmt.Sprintf("%s  %s  %s  %s\n", out.ID, who, r.Framework.Name, strings.Join(slices.Sorted(maps.Keys(r.Grants)), ", "))
}

// readStrictly reads a file of JSON that has known members only.
func readStrictly(path string, into any) error {
	raw, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if _, err := vc.ParseJSON(raw); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	d := json.NewDecoder(strings.NewReader(string(raw)))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// readRepresented reads what is said of one.
func readRepresented(path string) (*client.Represented, error) {
	var s shownRepresented
	if err := readStrictly(path, &s); err != nil {
		return nil, err
	}
	r := &client.Represented{Version: s.Version, Proxied: s.Proxied, Framework: s.Framework, Grants: s.Grants, Duties: s.Duties, Partitions: []keys.ID{}}
	for _, text := range s.Partitions {
		id, err := readID(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		r.Partitions = append(r.Partitions, id)
	}
	if s.ID == "" {
		return r, nil
	}
	id, err := readID(s.ID)
	r.ID = id
	return r, err
}

func representedSet() *cobra.Command {
	h := &holder{}
	return walletWork(h, &cobra.Command{
		Use:   "set FILE.json",
		Short: "Say for whom partitions are kept, and what their proxies may do there",
		Long: `Says for whom partitions are kept, and what their proxies may do there, and prints its
id. FILE has proxied and framework as a challenge has them, grants (permission of the
framework: actions), duties (that others do) and partitions. With the id and version that
list --json shows it takes the place of what was said; whoever acts must prove anew that
they may.`,
		Args: cobra.ExactArgs(1),
		RunE: h.visiting(func(ctx context.Context, v *visit, args []string) error {
			r, err := readRepresented(args[0])
			if err != nil {
				return err
			}
			if err := v.Represent(ctx, v.password, r); err != nil {
				return err
			}
			shown, _ := representedOf(r)
			return v.print(shown, shown.ID+"\n")
		}),
	})
}

func representedList() *cobra.Command {
	h := &holder{}
	return walletWork(h, &cobra.Command{
		Use:   "list",
		Short: "List for whom partitions are kept",
		Long:  "Lists for whom partitions are kept, one a line: id, who, framework, permissions.",
		Args:  cobra.NoArgs,
		RunE: h.visiting(func(ctx context.Context, v *visit, _ []string) error {
			list, err := v.Represented(ctx)
			if err != nil {
				return err
			}
			out, all := []shownRepresented{}, ""
			for _, r := range list {
				shown, text := representedOf(r)
				out, all = append(out, shown), all+text
			}
			return v.print(map[string]any{"represented": out}, all)
		}),
	})
}

func representedRemove() *cobra.Command {
	h := &holder{}
	return walletWork(h, &cobra.Command{
		Use:   "remove ID",
		Short: "Keep partitions for somebody no more",
		Long:  "Keeps partitions for somebody no more. What their proxies have open ends; the partitions stay.",
		Args:  cobra.ExactArgs(1),
		RunE: h.visiting(func(ctx context.Context, v *visit, args []string) error {
			id, err := readID(args[0])
			if err != nil {
				return err
			}
			list, err := v.Represented(ctx)
			if err != nil {
				return err
			}
			n := slices.IndexFunc(list, func(r *client.Represented) bool { return r.ID == id })
			if n < 0 {
				return fmt.Errorf("nobody is represented by %s (wallet represented list)", args[0])
			}
			return v.RepresentNoMore(ctx, list[n])
		}),
	})
}
