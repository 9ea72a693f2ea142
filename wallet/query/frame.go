package query

import (
	"strconv"
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

// What framing takes of each credential, and of each of its values, in values that
// are looked at.
const (
	frameOnce = 2000
	frameEach = 64
)

func (f *frame) find(s *search) (Match, error) {
	m := Match{Reason: ReasonNone}
	all, err := s.matching(func(c *Credential) (any, bool, error) {
		if c.Doc["@context"] == nil || !f.accepted.allows(c) {
			return nil, false, nil
		}
		if err := s.spend(frameOnce + frameEach*c.size); err != nil {
			return nil, false, err
		}
		fits, whole, err := s.ld.Frame(c.Doc, f.members)
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
