package main

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// withSettings lets each flag of c also be set by PROCURA_<FLAG> and by the
// file that --config names: flag over environment over file over default.
func withSettings(c *cobra.Command) *cobra.Command {
	c.Flags().String("config", "", "YAML file with the names of these flags as members; flag over PROCURA_… over file over default")
	c.PreRunE = func(cmd *cobra.Command, _ []string) error { return settle(cmd.Flags()) }
	return c
}

func settle(flags *pflag.FlagSet) error {
	if err := fromEnvironment(flags, "config"); err != nil {
		return err
	}
	path, err := flags.GetString("config")
	if err != nil {
		return err
	}
	file, err := readSettings(path)
	if err != nil {
		return err
	}
	for name := range file {
		if flags.Lookup(name) == nil || name == "config" {
			return fmt.Errorf("%s: there is no setting %q", path, name)
		}
	}
	var failed []error
	flags.VisitAll(func(f *pflag.Flag) {
		failed = append(failed, fromEnvironment(flags, f.Name))
		if values, ok := file[f.Name]; ok && !f.Changed {
			failed = append(failed, set(flags, f.Name, values, path))
		}
	})
	return errors.Join(failed...)
}

// fromEnvironment sets one flag that the command line does not.
func fromEnvironment(flags *pflag.FlagSet, name string) error {
	value, ok := os.LookupEnv(variable(name))
	if !ok || flags.Changed(name) {
		return nil
	}
	return set(flags, name, []string{value}, variable(name))
}

// variable is the environment's name of a flag.
func variable(flag string) string {
	return "PROCURA_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

func set(flags *pflag.FlagSet, name string, values []string, from string) error {
	for _, v := range values {
		if err := flags.Set(name, v); err != nil {
			return fmt.Errorf("%s: %s: %w", from, name, err)
		}
	}
	return nil
}

// readSettings reads a file of settings: scalars, or lists of them. What stands
// below another name has both, joined by "-"; a mapping in a list is a text,
// NAME=VALUE,NAME=VALUE.
func readSettings(path string) (map[string][]string, error) {
	if path == "" {
		return nil, nil
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var tree map[string]any
	if err := yaml.Unmarshal(raw, &tree); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	out := map[string][]string{}
	gather(out, "", tree)
	return out, nil
}

func gather(out map[string][]string, prefix string, tree map[string]any) {
	for name, v := range tree {
		if below, ok := v.(map[string]any); ok {
			gather(out, prefix+name+"-", below)
			continue
		}
		list, ok := v.([]any)
		if !ok {
			list = []any{v}
		}
		for _, item := range list {
			out[prefix+name] = append(out[prefix+name], settingText(item))
		}
	}
}

func settingText(v any) string {
	m, ok := v.(map[string]any)
	if !ok {
		return fmt.Sprint(v)
	}
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(m)) {
		parts = append(parts, name+"="+fmt.Sprint(m[name]))
	}
	return strings.Join(parts, ",")
}

// roleNames are the roles that a client may have, for messages.
func roleNames[T ~string](roles []T) string {
	names := make([]string, len(roles))
	for i, r := range roles {
		names[i] = string(r)
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

// require makes c, whose RunE is set, refuse to run without these flags. It
// names them as they can be typed, which cobra's own check does not.
func require(c *cobra.Command, names ...string) {
	run := c.RunE
	c.RunE = func(cmd *cobra.Command, args []string) error {
		var missing []string
		for _, name := range names {
			if f := cmd.Flags().Lookup(name); !f.Changed && f.Shorthand != "" {
				missing = append(missing, "-"+f.Shorthand+" (--"+name+")")
			} else if !f.Changed {
				missing = append(missing, "--"+name)
			}
		}
		if len(missing) > 0 {
			return fmt.Errorf("%s: %s must be given", cmd.CommandPath(), strings.Join(missing, ", "))
		}
		return run(cmd, args)
	}
}
