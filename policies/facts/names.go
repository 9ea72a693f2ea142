package facts

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

var (
	uri       = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]*:[^\s\pC]+$`)
	plainName = regexp.MustCompile(`^[^\pC:]{1,256}$`)

	errName = errors.New("holds what is neither a URI nor a name")
)

// nameKey is what names are compared by: a URI as it is written, every other
// name after NFKC with runs of white space made one. A name that is hidden or
// turned round by characters that nobody sees, or that only looks like a URI, is
// none.
func nameKey(s string) (string, bool) {
	if uri.MatchString(s) {
		return s, true
	}
	s = strings.Join(strings.Fields(Name(s)), " ")
	if !plainName.MatchString(s) {
		return "", false
	}
	return s, true
}

// nameKeys reads the names of a circumstance. What is no name stands as "",
// which no constraint lists.
func nameKeys(names []string) []string {
	keys := make([]string, len(names))
	for i, s := range names {
		keys[i], _ = nameKey(s)
	}
	return keys
}

func nameSet(names []string) (map[string]any, error) {
	keys := make(map[string]any, len(names))
	for _, s := range names {
		key, ok := nameKey(s)
		if !ok {
			return nil, errName
		}
		keys[key] = true
	}
	return keys, nil
}

// listed reads a list of texts, or one text split at commas. A text by language
// is none: these are names, not what a person reads.
func listed(v any) ([]string, error) {
	switch v := v.(type) {
	case []any:
		return texts(v)
	case string:
		if !isPlainText(v) {
			if t, err := readSections(v); err != nil || t[""] == "" {
				return nil, errList
			}
		}
		return split(v)
	}
	return nil, errList
}

func names(v any) (map[string]any, error) {
	list, err := listed(v)
	if err != nil {
		return nil, err
	}
	return nameSet(list)
}

// function reads URIs or names as [jurisdiction] does: a list, or a text by
// language, where what only some locales list is a person's to judge.
func function(v any) (map[string]any, error) {
	return perLocale(v, nameSet)
}

func attributes(v any) (map[string]any, error) {
	set, err := names(v)
	if err != nil {
		return nil, err
	}
	return map[string]any{"names": set}, nil
}

// identifiers reads ids, which are compared byte for byte.
func identifiers(v any) (map[string]any, error) {
	list, err := listed(v)
	if err != nil {
		return nil, err
	}
	ids := make(map[string]any, len(list))
	for _, id := range list {
		ids[id] = true
	}
	return ids, nil
}

// sets reads the parameters that are given, each into the value of its name;
// one at least must be.
func sets(kind string, parameters map[string]any, read map[string]func(any) (map[string]any, error)) (map[string]any, error) {
	if err := known(kind, parameters); err != nil {
		return nil, err
	}
	out := map[string]any{}
	for name, reader := range read {
		v, given := parameters[name]
		if !given {
			continue
		}
		set, err := reader(v)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		out[name] = set
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("type %s names nobody and nothing", kind)
	}
	return out, nil
}

func relationship(parameters map[string]any) (map[string]any, error) {
	return sets("relationship", parameters, map[string]func(any) (map[string]any, error){"ids": identifiers, "types": names})
}

// agent reads which software and which devices the proxy may use, and whether an
// attester must say that these are what they claim to be.
func agent(parameters map[string]any) (map[string]any, error) {
	out, err := sets("agent", parameters, map[string]func(any) (map[string]any, error){"software": names, "devices": names})
	if err != nil {
		return nil, err
	}
	if demanded, given := parameters["attestation"]; given {
		if _, isBool := demanded.(bool); !isBool {
			return nil, errors.New("attestation: is neither true nor false")
		}
		out["attestation"] = demanded
	}
	return out, nil
}
