package query

import (
	"maps"
	"slices"
)

// find is "Input Evaluation": credentials each of whose fields there is.
func (d *descriptor) find(s *search) (Match, error) {
	m := Match{Reason: ReasonNone}
	all, err := s.matching(func(c *Credential) (any, bool, error) {
		if d.designation(c) == "" || !d.related(s, c) {
			return nil, false, nil
		}
		places, ok, err := d.evaluate(s, c)
		if err != nil || !ok {
			return nil, false, err
		}
		if d.limit == required && c.sd == nil {
			m.Reason = ReasonUndisclosed
			return nil, false, nil
		}
		shown := c.Raw
		if d.limit != "" {
			shown, err = c.shows(places)
		}
		return shown, err == nil, err
	})
	m.Candidates = all
	return m, err
}

// evaluate are the places of a credential's fields; not ok where one is missing.
func (d *descriptor) evaluate(s *search, c *Credential) (places [][]string, ok bool, err error) {
	for _, f := range d.fields {
		place, found, err := f.query(s, c)
		switch {
		case err != nil:
			return nil, false, err
		case found:
			places = append(places, place)
		case !f.optional:
			return nil, false, nil
		}
	}
	return places, true, nil
}

// query is the place of the Field Query Result: the first value of the first path
// whose first value passes.
func (f *field) query(s *search, c *Credential) (place []string, found bool, err error) {
	for _, p := range f.paths {
		place, v, ok, err := p.first(s, c)
		if err == nil && ok {
			ok, err = f.filter.passes(s, v)
		}
		if err != nil || ok {
			return place, ok, err
		}
	}
	return nil, false, nil
}

// related holds the relational constraints that are required.
func (d *descriptor) related(s *search, c *Credential) bool {
	subject := c.subject()
	if d.selfIssued && (subject == "" || subject != c.issuer()) {
		return false
	}
	// An SD-JWT VC can be about whoever has the key that it names.
	bound := c.sd != nil && subject == "" && c.Doc["cnf"] != nil
	return !d.aboutHolder || bound || slices.Contains(s.Holders, subject)
}

// designation is what a credential's format is called between this verifier and
// its holder; empty: it is not accepted.
func (d *descriptor) designation(c *Credential) string {
	if d.also != nil && d.also.of(c) == "" {
		return ""
	}
	switch {
	case d.formats != nil:
		return d.formats.of(c)
	case d.also != nil:
		return d.also.of(c)
	}
	return usual[c.Format]
}

func (all designations) of(c *Credential) string {
	for _, name := range slices.Sorted(maps.Keys(all)) {
		by := all[name]
		if slices.Contains(designated[name], c.Format) && (len(by) == 0 || common(by, c.secured)) {
			return name
		}
	}
	return ""
}

// settle chooses the descriptors that are answered, and presents their first
// candidates with a presentation_submission.
func (d *definition) settle(s *search, matches []Match) (*Answer, error) {
	var have set
	for i, m := range matches {
		if len(m.Candidates) > 0 {
			have |= 1 << i
		}
	}
	due, reason, err := d.due(s, have, matches)
	if err != nil || reason != "" {
		return &Answer{Reason: reason}, err
	}
	var all []chosen
	for i, m := range matches {
		if due.has(i) {
			all = append(all, choose(m))
		}
	}
	presentations, places := together(all)
	return &Answer{Satisfied: true, Presentations: presentations, Submission: d.submission(all, presentations, places)}, nil
}

// due are the descriptors to answer, or why there are none.
func (d *definition) due(s *search, have set, matches []Match) (set, string, error) {
	if d.requirements != nil {
		due, ok, err := d.pick(s, have)
		if err == nil && !ok {
			return 0, ReasonSets, nil
		}
		return due, "", err
	}
	for i, m := range matches {
		if m.Required && !have.has(i) {
			return 0, m.Reason, nil
		}
	}
	return have, "", nil
}
