package main

import (
	"fmt"
	"runtime/debug"

	"github.com/spf13/cobra"
)

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version of this program and of what it was built with",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			info, ok := debug.ReadBuildInfo()
			if !ok {
				return fmt.Errorf("this program carries no build information")
			}
			fmt.Fprintf(cmd.OutOrStdout(), "procura %s (%s", info.Main.Version, info.GoVersion)
			for _, dep := range info.Deps {
				if dep.Path == "github.com/open-policy-agent/opa" {
					fmt.Fprintf(cmd.OutOrStdout(), ", opa %s", dep.Version)
				}
			}
			fmt.Fprintln(cmd.OutOrStdout(), ")")
			return nil
		},
	}
}
