package query

import (
	"crypto/rand"
	"fmt"
	"strconv"

	"github.com/procura-dev/procura/verifier/vc"
)

// A Submission is a Presentation Submission: where among the presentations of an
// answer each descriptor's credential stands. Its paths begin at the one
// presentation, or at the list of several, in their order.
type Submission struct {
	ID         string   `json:"id"`
	Definition string   `json:"definition_id"`
	Map        []Mapped `json:"descriptor_map"`
}

// A Mapped is an entry of it.
type Mapped struct {
	ID     string  `json:"id"`
	Format string  `json:"format"`
	Path   string  `json:"path"`
	Nested *Mapped `json:"path_nested,omitempty"` // in what stands at Path
}

// envelopes are the designations of presentations, and where credentials lie in them.
var envelopes = map[string][2]string{
	vc.FormatVPJWT11: {"jwt_vp", "$.vp.verifiableCredential"}, vc.FormatVPJOSE: {"vp+jwt", "$.verifiableCredential"},
	vc.FormatLD: {"ldp_vp", "$.verifiableCredential"}, vc.FormatJCS: {"ldp_vp", "$.verifiableCredential"},
}

func (d *definition) submission(all []chosen, presentations []Presentation, at []position) *Submission {
	s := &Submission{ID: rand.Text(), Definition: d.id, Map: []Mapped{}}
	for i, c := range all {
		root := "$"
		if len(presentations) > 1 {
			root = "$[" + strconv.Itoa(at[i].presentation) + "]"
		}
		m := Mapped{ID: c.id, Format: d.named(c.id).designation(c.of), Path: root}
		if e, enveloped := envelopes[presentations[at[i].presentation].Format]; enveloped {
			nested := m
			nested.Path = fmt.Sprintf("%s[%d]", e[1], at[i].credential)
			m.Format, m.Nested = e[0], &nested
		}
		s.Map = append(s.Map, m)
	}
	return s
}

func (d *definition) named(id string) *descriptor {
	for _, p := range d.descriptors {
		if p.id == id {
			return p
		}
	}
	return nil
}
