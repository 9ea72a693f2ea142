package main

import (
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/spf13/cobra"
)

func frameworkFetch() *cobra.Command {
	r := &remote{}
	c := &cobra.Command{
		Use:   "fetch NAME VERSION --token-file FILE",
		Short: "Print the document of a published framework",
		Long: `Prints the document of a framework that is published on a server, as YAML. The
token is any client's that may read it; a withdrawn version is there still.`,
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			status, said, err := r.call(cmd.Context(), http.MethodGet, versionPath(args[0], args[1]), "application/yaml", nil)
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

// withdrawFlags are what procura framework withdraw takes.
type withdrawFlags struct {
	remote
	reason, date, successor string
}

func frameworkWithdraw() *cobra.Command {
	f := &withdrawFlags{}
	c := &cobra.Command{
		Use:   "withdraw NAME VERSION --reason TEXT --token-file FILE",
		Short: "Withdraw a published version of a framework",
		Long: `Withdraws a version that the token's client published. From --date on, credentials
of it are denied; with --successor, a higher version that is published, they are decided
by that one instead. This cannot be undone: a later call can bring the date nearer or
name a successor where there was none, and nothing else.`,
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(cmd, args[0], args[1]) },
	}
	f.flags(c)
	c.Flags().StringVar(&f.reason, "reason", "", "why, for those who read the list of versions")
	c.Flags().StringVar(&f.date, "date", "", "RFC 3339 instant from which on it is withdrawn (default: now)")
	c.Flags().StringVar(&f.successor, "successor", "", "version by which its credentials are decided instead")
	require(c, "reason")
	return withSettings(c)
}

func (f *withdrawFlags) run(cmd *cobra.Command, name, version string) error {
	asked := map[string]string{"reason": f.reason}
	for member, value := range map[string]string{"date": f.date, "successor": f.successor} {
		if value != "" {
			asked[member] = value
		}
	}
	raw, err := json.Marshal(asked)
	if err != nil {
		return err
	}
	status, said, err := f.call(cmd.Context(), http.MethodPost, versionPath(name, version)+"/withdrawal", "application/json", raw)
	if err != nil {
		return err
	}
	var answer struct {
		Name, Version string
		Withdrawal    struct{ Date, Successor string }
	}
	if status != http.StatusOK && status != http.StatusCreated || json.Unmarshal(said, &answer) != nil {
		return problem(status, said)
	}
	fmt.Fprintf(cmd.OutOrStdout(), "%s %s withdrawn from %s\n", answer.Name, answer.Version, answer.Withdrawal.Date)
	if answer.Withdrawal.Successor != "" {
		fmt.Fprintf(cmd.OutOrStdout(), "successor %s\n", answer.Withdrawal.Successor)
	}
	return nil
}
