package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// unknown refuses a word that no command of a group is called by. cobra refuses
// it below the root alone: of a group it prints the help, and that is exit 0,
// which a script takes for work done.
func unknown(c *cobra.Command, args []string) error {
	if len(args) > 0 && args[0] == "help" {
		return unknownTopic(c, args[1:])
	}
	group, rest, _ := c.Find(args) // at the root, which knows help besides, cobra refuses
	if group == c || group.Runnable() || slices.Contains(rest, "help") {
		return nil
	}
	for _, word := range rest {
		if !strings.HasPrefix(word, "-") {
			return fmt.Errorf("unknown command %q for %q (--help lists them)", word, group.CommandPath())
		}
	}
	return nil
}

// unknownTopic refuses to help with what is no command.
func unknownTopic(c *cobra.Command, words []string) error {
	group, rest, err := c.Find(words)
	if err != nil || len(rest) > 0 && !strings.HasPrefix(rest[0], "-") {
		return fmt.Errorf("there is no command %q to help with (%s --help lists them)", strings.Join(words, " "), group.CommandPath())
	}
	return nil
}

// sayUsage makes c, and what is below it, say what is wanted where the number
// of arguments is wrong.
func sayUsage(c *cobra.Command) {
	for _, sub := range c.Commands() {
		sayUsage(sub)
		check := sub.Args
		if check == nil {
			continue
		}
		sub.Args = func(cmd *cobra.Command, args []string) error {
			if err := check(cmd, args); err != nil {
				return fmt.Errorf("%w: %s", err, cmd.UseLine())
			}
			return nil
		}
	}
}
