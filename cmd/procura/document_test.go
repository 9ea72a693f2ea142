package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

var update = flag.Bool("update", false, "write docs/command.md")

const aboutCommand = `# The command

` + "`procura`" + ` is one program. This page is what its ` + "`--help`" + ` says, and is written by
` + "`go test ./cmd/procura -run TestCommandDocument -update`" + `.

**Exit codes.** 0: done, and the answer is yes. 1: done, and something is not as it should be (a framework's test failed,
the linter found an error, a replay differs, the demo went wrong). 2: it could not do what was asked; standard error says why. 3: ` + "`procura verify`" + `
decided, and the decision is *deny*.

**Settings.** Each flag of ` + "`serve`, `client` and `migrate`" + ` can also be set by the environment, as ` + "`PROCURA_`" + ` and its name in
capitals with ` + "`_` for `-`" + ` (` + "`PROCURA_KEY_FILE`" + `), and by a YAML file that ` + "`--config` or `PROCURA_CONFIG`" + ` names, with the flags'
names as members (` + "`key-file: …`" + `; a list where a flag may be repeated). A flag goes before the environment, that before
the file, and that before the default. A member of the file that is no setting is an error.

**Output.** What was asked for goes to standard output, everything else to standard error. Nothing is coloured, so
there is nothing for ` + "`NO_COLOR`" + ` to turn off.
`

// docs/command.md says what --help says.
func TestCommandDocument(t *testing.T) {
	t.Parallel()
	const path = "../../docs/command.md"
	var want bytes.Buffer
	want.WriteString(aboutCommand)
	documentCommand(&want, root())
	if *update {
		if err := os.WriteFile(path, want.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want.Bytes()) {
		t.Error("docs/command.md is not what --help says: run this test with -update")
	}
}

func documentCommand(w *bytes.Buffer, c *cobra.Command) {
	if c.Runnable() {
		about := c.Long
		if about == "" {
			about = c.Short + "."
		}
		fmt.Fprintf(w, "\n## %s\n\n%s\n\n```\n%s\n```\n", c.CommandPath(), about, c.UseLine())
		documentFlags(w, c.NonInheritedFlags())
	}
	for _, sub := range c.Commands() {
		documentCommand(w, sub)
	}
}

func documentFlags(w *bytes.Buffer, flags *pflag.FlagSet) {
	if !flags.HasAvailableFlags() {
		return
	}
	w.WriteString("\n| flag | default | |\n| --- | --- | --- |\n")
	flags.VisitAll(func(f *pflag.Flag) {
		name := "`--" + f.Name + "`"
		if f.Shorthand != "" {
			name = "`-" + f.Shorthand + "`, " + name
		}
		value := ""
		if f.DefValue != "" && f.DefValue != "false" && f.DefValue != "[]" && f.DefValue != "0s" {
			value = "`" + f.DefValue + "`"
		}
		fmt.Fprintf(w, "| %s | %s | %s |\n", name, value, strings.ReplaceAll(f.Usage, "|", `\|`))
	})
}
