package main

import (
	"github.com/spf13/cobra"

	"github.com/procura-dev/procura/policies/sgl"
)

func sglCommand() *cobra.Command {
	c := &cobra.Command{Use: "sgl", Short: "Work with SGL rules: NDJSON in, NDJSON out"}
	c.AddCommand(&cobra.Command{
		Use:   "eval",
		Short: `Decide {"id","group","when","disjoint"} a line`,
		Long: `Reads one question a line, {"id", "group", "when", "disjoint"}, and answers it with
{"id", "satisfied"} or {"id", "error": {"code", "message"}}. group is a list of
principals, each flat: {"id", "roles", <property>…}. disjoint is true by default.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return sgl.EvalLines(cmd.InOrStdin(), cmd.OutOrStdout())
		},
	})
	return c
}
