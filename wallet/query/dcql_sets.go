package query

import "slices"

// A credentialSet is a Credential Set Query.
type credentialSet struct {
	options  [][]string // ids of Credential Queries; the preferred first
	required bool
}

func readSet(o object, ids map[string]bool) credentialSet {
	set := credentialSet{o.lists("options", true), o.flag("required", true)}
	for _, option := range set.options {
		if slices.ContainsFunc(option, func(id string) bool { return !ids[id] }) {
			o.malformed(o.at("options"), "names a credential query that there is not")
		}
	}
	return set
}

// A dcql settles which of the credentials found are presented.
type dcql struct{ sets []credentialSet }

// settle presents what is asked for, or nothing (OpenID4VP 1.0, "Selecting
// Credentials"): of a set its first option that can be had. Sets that are not
// required are left to the holder, who sees what matches.
func (d dcql) settle(_ *search, matches []Match) (*Answer, error) {
	byID, due := map[string]Match{}, []string{}
	for _, m := range matches {
		byID[m.ID] = m
		if m.Required {
			due = append(due, m.ID)
		}
	}
	for _, set := range d.sets {
		option, ok := set.first(byID)
		switch {
		case set.required && !ok:
			return &Answer{Reason: ReasonSets}, nil
		case set.required:
			due = append(due, option...)
		}
	}
	return present(due, byID), nil
}

// first is the preferred option that can be had.
func (set *credentialSet) first(byID map[string]Match) ([]string, bool) {
	for _, option := range set.options {
		if !slices.ContainsFunc(option, func(id string) bool { return len(byID[id].Candidates) == 0 }) {
			return option, true
		}
	}
	return nil, false
}

// present makes of each credential a presentation of its own: that is what a VP
// Token consists of ("Response Parameters").
func present(due []string, byID map[string]Match) *Answer {
	a := &Answer{Satisfied: true}
	for i, id := range due {
		m := byID[id]
		if slices.Contains(due[:i], id) {
			continue
		}
		if len(m.Candidates) == 0 {
			return &Answer{Reason: m.Reason}
		}
		all := m.Candidates
		if !m.multiple {
			all = all[:1]
		}
		for _, c := range all {
			a.Presentations = append(a.Presentations, Presentation{
				For: []string{id}, Format: c.of.presented(), Credentials: []any{c.shown}, Unbound: m.unbound,
			})
		}
	}
	return a
}
