package query

import (
	"strconv"

	"github.com/procura-dev/procura/verifier/proof"
)

// A frame is a query by a JSON-LD frame, as Aries wallets answer it by BBS proofs
// over what the frame leaves. No suite here proves a part of JSON-LD: a credential
// of which the frame leaves something out fits, and is not presented.
type frame struct {
	members  map[string]any
	accepted accepted
}

func readFrames(o object, q *Query) {
	for i, each := range asked(o) {
		f := &frame{accepted: readAccepted(each)}
		v, _ := each.get("frame", true)
		f.members = each.object(v, each.at("frame")).members
		q.parts = append(q.parts, part{strconv.Itoa(i), each.flag("required", true), f.find})
		each.words("reason")
		each.closed()
	}
}

// frameWork is what framing one value takes, in values that are looked at.
const frameWork = 64

func (f *frame) find(s *search) (Match, error) {
	m := Match{Reason: ReasonNone}
	v := &proof.Verifier{Contexts: s.Contexts}
	all, err := s.matching(func(c *Credential) (any, bool, error) {
		if c.Doc["@context"] == nil || !f.accepted.allows(c) {
			return nil, false, nil
		}
		if err := s.spend(frameWork * c.size); err != nil {
			return nil, false, err
		}
		fits, whole, err := v.Frame(c.Doc, f.members)
		switch {
		case err != nil && m.Reason == ReasonNone:
			m.Reason = ReasonContext
		case fits && !whole:
			m.Reason = ReasonUndisclosed
		}
		return c.Raw, whole, nil
	})
	m.Candidates = f.accepted.order(all)
	return m, err
}
