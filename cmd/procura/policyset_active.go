package main

import (
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/spf13/cobra"
)

func policySetActivate() *cobra.Command {
	r := &remote{}
	c := &cobra.Command{
		Use:   "activate NAME VERSION --token-file FILE",
		Short: "Have a published policy set answer wallet servers",
		Long: `Has a tenant's wallet servers answered by a published version from now on, in the
place of what is active. The client whose token it is must be an admin. Where
another admin activates something meanwhile, it says so, and changes nothing.`,
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			now, err := r.choose(cmd, activeGate, args)
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s %s is active\n", now.Name, now.Version)
			return nil
		},
	}
	r.flags(c)
	return withSettings(c)
}

// The gates at which a policy set decides for a tenant.
const (
	activeGate = policySetsPath + "/active"
	walletGate = policySetsPath + "/wallet"
)

// choose has a published version decide at a gate, or where none is named the one
// that ships.
func (r *remote) choose(cmd *cobra.Command, gate string, named []string) (now setVersion, err error) {
	var was setVersion
	if err := r.ask(cmd, gate, &was); err != nil {
		return now, err
	}
	method, raw := http.MethodDelete, []byte(nil)
	if len(named) > 0 {
		method = http.MethodPut
		if raw, err = json.Marshal(map[string]string{"name": named[0], "version": named[1]}); err != nil {
			return now, err
		}
	}
	r.match = fmt.Sprintf(`"%d"`, was.Revision)
	status, said, err := r.call(cmd.Context(), method, gate, "application/json", raw)
	if err == nil && (status != http.StatusOK || json.Unmarshal(said, &now) != nil) {
		err = problem(status, said)
	}
	return now, err
}

func policySetGate() *cobra.Command {
	r, shipped := &remote{}, false
	c := &cobra.Command{
		Use:   "gate NAME VERSION --token-file FILE",
		Short: "Have a published policy set gate the tenant's own wallets",
		Long: `Has the tenant's own wallets, and who issues, gated by a published version from now
on; with --shipped by the set that ships with the program, as at first. The client
whose token it is must be an admin. What a set permits, the server's own guards may
still refuse: docs/wallet-actions.md says which.`,
		Args: func(cmd *cobra.Command, args []string) error {
			if shipped {
				return cobra.NoArgs(cmd, args)
			}
			return cobra.ExactArgs(2)(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			now, err := r.choose(cmd, walletGate, args)
			if err != nil {
				return err
			}
			if shipped {
				fmt.Fprintln(cmd.OutOrStdout(), "the shipped set gates the wallets")
				return nil
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s %s gates the wallets\n", now.Name, now.Version)
			return nil
		},
	}
	r.flags(c)
	c.Flags().BoolVar(&shipped, "shipped", false, "by the set that ships with the program")
	return withSettings(c)
}

func policySetList() *cobra.Command {
	r := &remote{}
	c := &cobra.Command{
		Use:   "list --token-file FILE",
		Short: "List the policy sets of a tenant",
		Long: `Lists a tenant's policy sets in the order of publication, one a line: name, version,
digest, time of publication, and "active" behind what answers, "wallet" behind what
gates the tenant's own wallets. The client whose token it is must be an author or an admin.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var active, wallet setVersion
			var all struct{ PolicySets []setVersion }
			for gate, set := range map[string]*setVersion{activeGate: &active, walletGate: &wallet} {
				if err := r.ask(cmd, gate, set); err != nil {
					return err
				}
			}
			if err := r.ask(cmd, policySetsPath, &all); err != nil {
				return err
			}
			for _, s := range all.PolicySets {
				mark := ""
				if s.Name == active.Name && s.Version == active.Version {
					mark = "  active"
				}
				if s.Name == wallet.Name && s.Version == wallet.Version {
					mark += "  wallet"
				}
				fmt.Fprintf(cmd.OutOrStdout(), "%s  %s  %s  %s%s\n", s.Name, s.Version, s.Digest, s.PublishedAt, mark)
			}
			return nil
		},
	}
	r.flags(c)
	return withSettings(c)
}

func policySetShow() *cobra.Command {
	r := &remote{}
	c := &cobra.Command{
		Use:   "show NAME VERSION --token-file FILE",
		Short: "Print the archive of a published policy set",
		Long: `Prints the archive (tar) of a published policy set, for tar -x or tar -t. The client
whose token it is must be an author or an admin.`,
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			status, said, err := r.call(cmd.Context(), http.MethodGet, policySetPath(args[0], args[1]), "application/x-tar", nil)
			if err != nil {
				return err
			}
			if status != http.StatusOK {
				return problem(status, said)
			}
			_, err = cmd.OutOrStdout().Write(said)
			return err
		},
	}
	r.flags(c)
	return withSettings(c)
}
