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
			var was setVersion
			if err := r.ask(cmd, policySetsPath+"/active", &was); err != nil {
				return err
			}
			raw, err := json.Marshal(map[string]string{"name": args[0], "version": args[1]})
			if err != nil {
				return err
			}
			r.match = fmt.Sprintf(`"%d"`, was.Revision)
			status, said, err := r.call(cmd.Context(), http.MethodPut, policySetsPath+"/active", "application/json", raw)
			if err != nil {
				return err
			}
			var now setVersion
			if status != http.StatusOK || json.Unmarshal(said, &now) != nil {
				return problem(status, said)
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s %s is active\n", now.Name, now.Version)
			return nil
		},
	}
	r.flags(c)
	return withSettings(c)
}

func policySetList() *cobra.Command {
	r := &remote{}
	c := &cobra.Command{
		Use:   "list --token-file FILE",
		Short: "List the policy sets of a tenant",
		Long: `Lists a tenant's policy sets in the order of publication, one a line: name, version,
digest, time of publication, and "active" behind what answers. The client whose
token it is must be an author or an admin.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var active setVersion
			var all struct{ PolicySets []setVersion }
			if err := r.ask(cmd, policySetsPath+"/active", &active); err != nil {
				return err
			}
			if err := r.ask(cmd, policySetsPath, &all); err != nil {
				return err
			}
			for _, s := range all.PolicySets {
				mark := ""
				if s.Name == active.Name && s.Version == active.Version {
					mark = "  active"
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
