package facts

import (
	"cmp"
	"errors"
	"slices"
)

// A position is a point of the plane in which RFC 7946 draws its lines: degrees
// of longitude and latitude.
type position struct{ lon, lat float64 }

// A segment is the straight line between two positions.
type segment struct{ a, b position }

var (
	errRing  = errors.New("a ring has fewer than four positions, is not closed, or repeats one")
	errTurn  = errors.New("an outer ring runs counterclockwise, a hole clockwise (RFC 7946, 3.1.6)")
	errSpan  = errors.New("a line spans 180 degrees of longitude or more: cut it at the antimeridian (RFC 7946, 3.1.9)")
	errCross = errors.New("rings cross or touch, or a hole does not lie in its ring")
)

// ring reads a closed list of positions into its segments.
func ring(positions []position, hole bool) ([]segment, error) {
	n := len(positions) - 1
	if n < 3 || positions[0] != positions[n] {
		return nil, errRing
	}
	segments, twice := make([]segment, n), 0.0
	for i := range segments {
		s := segment{positions[i], positions[i+1]}
		if s.a == s.b {
			return nil, errRing
		}
		if !s.plain() {
			return nil, errSpan
		}
		segments[i] = s
		twice += cross(positions[0], s.a, s.b)
	}
	if twice == 0 || (twice < 0) != hole {
		return nil, errTurn
	}
	return segments, nil
}

// plain refuses a line of which nobody can say which way round the Earth it was
// meant to go. One along a whole parallel has one reading.
func (s segment) plain() bool {
	span := max(s.a.lon, s.b.lon) - min(s.a.lon, s.b.lon)
	return span < 180 || span == 360 && s.a.lat == s.b.lat
}

// cross is twice the area of the triangle, positive where it turns left.
func cross(a, b, c position) float64 {
	return (b.lon-a.lon)*(c.lat-a.lat) - (c.lon-a.lon)*(b.lat-a.lat)
}

// meets reports whether two segments have a point in common.
func (s segment) meets(t segment) bool {
	if !overlap(s.a.lon, s.b.lon, t.a.lon, t.b.lon) || !overlap(s.a.lat, s.b.lat, t.a.lat, t.b.lat) {
		return false
	}
	return sign(cross(s.a, s.b, t.a))*sign(cross(s.a, s.b, t.b)) <= 0 &&
		sign(cross(t.a, t.b, s.a))*sign(cross(t.a, t.b, s.b)) <= 0
}

func sign(x float64) int { return cmp.Compare(x, 0) }

func overlap(a, b, c, d float64) bool { return max(a, b) >= min(c, d) && max(c, d) >= min(a, b) }

// simple reports whether the segments of some rings meet nowhere but where one
// follows on the other, and there do not run back along each other. The rings
// are swept by latitude.
func simple(rings [][]segment) bool {
	type member struct {
		segment
		ring, at int
	}
	var all []member
	for r, segments := range rings {
		for i, s := range segments {
			all = append(all, member{s, r, i})
		}
	}
	low := func(m member) float64 { return min(m.a.lat, m.b.lat) }
	slices.SortFunc(all, func(m, n member) int { return cmp.Compare(low(m), low(n)) })
	for i, m := range all {
		for _, n := range all[i+1:] {
			if low(n) > max(m.a.lat, m.b.lat) {
				break
			}
			switch {
			case m.ring != n.ring || !follows(len(rings[m.ring]), m.at, n.at):
				if m.meets(n.segment) {
					return false
				}
			case m.b == n.a && back(m.segment, n.segment), n.b == m.a && back(n.segment, m.segment):
				return false
			}
		}
	}
	return true
}

func follows(n, i, j int) bool { return (i+1)%n == j || (j+1)%n == i }

// back reports whether t, which begins where s ends, returns along it.
func back(s, t segment) bool {
	along := (s.b.lon-s.a.lon)*(t.b.lon-t.a.lon) + (s.b.lat-s.a.lat)*(t.b.lat-t.a.lat)
	return cross(s.a, s.b, t.b) == 0 && along < 0
}

// encloses reports whether a ring encloses p, which does not lie on it: the
// number of its segments east of p is odd.
func encloses(segments []segment, p position) bool {
	inside := false
	for _, s := range segments {
		if (s.a.lat > p.lat) != (s.b.lat > p.lat) {
			if s.a.lat > s.b.lat {
				s.a, s.b = s.b, s.a
			}
			if cross(s.a, s.b, p) > 0 {
				inside = !inside
			}
		}
	}
	return inside
}
