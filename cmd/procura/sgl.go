package main

import (
	"io"
	"strings"

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
	c.AddCommand(sglFormatCommand(), sglParseCommand())
	return c
}

func sglFormatCommand() *cobra.Command {
	return translateCommand("format", `Write rules as sentences: {"id","rule"} a line`, sgl.FormatLines,
		`Reads one rule a line, {"id", "rule"}, and answers it with {"id", "text"}, the rule as
one sentence, or {"id", "error": {"code", "message"}}:

    [r1] Grant a, "b c" when all of (2 of role = grandparent; years_exp > 20).

A name is bare if it has letters A-Z and a-z, digits, _ and - alone, begins with a
letter or _, and is no word of the sentence; else it is a JSON string. Values are JSON.`)
}

func sglParseCommand() *cobra.Command {
	return translateCommand("parse", `Read rules from sentences: {"id","text"} a line`, sgl.ParseLines,
		`Reads one sentence a line, {"id", "text"}, as procura sgl format writes it, and answers
it with {"id", "rule"}, or {"id", "error": {"code", "message"}}, whose message says at
which byte. The rule is the one that was written, but has roles for role, a list of
grants, no n of 1, and all but ids in NFKC.`)
}

func translateCommand(use, short string, lines func(io.Reader, io.Writer, string) error, long string) *cobra.Command {
	var locale string
	c := &cobra.Command{
		Use: use, Short: short, Long: long, Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return lines(cmd.InOrStdin(), cmd.OutOrStdout(), locale)
		},
	}
	c.Flags().StringVar(&locale, "locale", "en", "language of the sentences: "+strings.Join(sgl.Locales(), ", "))
	return c
}
