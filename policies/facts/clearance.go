package facts

import (
	"math"
)

// WGS 84: the semi-axes in metres.
const (
	equatorial = 6378137.0
	polar      = 6356752.314245179
)

// What a degree of latitude measures at the most and at the least, in metres:
// the meridian's radius of curvature is a²/b at the poles and b²/a at the
// equator. Both are rounded to the safe side.
const (
	longestDegree  = equatorial * equatorial / polar * math.Pi / 180 * (1 + 1e-12)
	shortestDegree = polar * polar / equatorial * math.Pi / 180 * (1 - 1e-12)
)

// margin covers what distances are rounded by, and what Karney's method errs by
// (15 nm), in metres.
const margin = 2e-6

// contains reports whether an area contains the whole circle of so many metres
// around p. It never says so of a circle that reaches the edge. It denies it of one
// that comes within a ten-millionth of its radius (a centimetre in 100 km) and some
// micrometres, and where left, how many distances may yet be measured, does not
// suffice to tell.
//
// A circle is connected: it lies inside if its centre does and no point of the
// edge is within its radius.
func (a *area) contains(p position, radius float64, left *int) bool {
	if !onEarth(p.lat, p.lon) || !(radius >= 0) {
		return false
	}
	m := &measure{from: p, at: cartesian(p), radius: radius, left: left}
	for _, s := range a.edge {
		if !m.clear(s) {
			return false
		}
	}
	return a.holds(p)
}

// A measure finds what lies beyond radius metres of one point.
type measure struct {
	from   position
	at     [3]float64
	radius float64
	left   *int
}

// clear reports whether all of a segment lies farther away than the radius. No
// point of it is farther from its middle than reach, so that it is clear if its
// middle is farther away than both together; else each of its halves must be.
func (m *measure) clear(s segment) bool {
	if m.beyond(s) {
		return true
	}
	middle := position{(s.a.lon + s.b.lon) / 2, (s.a.lat + s.b.lat) / 2}
	reach := s.reach()
	if m.farther(middle, m.radius+reach) {
		return true
	}
	if reach < margin+m.radius*1e-7 || *m.left <= 0 || !m.farther(middle, m.radius) {
		return false
	}
	return m.clear(segment{s.a, middle}) && m.clear(segment{middle, s.b})
}

// beyond reports whether the segment's latitudes alone tell that it is clear: no
// way between two parallels is shorter than the meridian's.
func (m *measure) beyond(s segment) bool {
	north := min(s.a.lat, s.b.lat) - m.from.lat
	south := m.from.lat - max(s.a.lat, s.b.lat)
	return max(north, south)*shortestDegree > m.radius+margin
}

// farther reports whether q is farther away than so many metres. The straight
// way through the Earth is no longer than the way on it, and cheaper to find.
func (m *measure) farther(q position, metres float64) bool {
	if c := cartesian(q); math.Hypot(math.Hypot(c[0]-m.at[0], c[1]-m.at[1]), c[2]-m.at[2]) > metres+margin {
		return true
	}
	*m.left--
	d, ok := distance(m.from.lat, m.from.lon, q.lat, q.lon)
	return ok && d > metres+margin
}

// reach bounds, in metres, how far a segment goes from its middle: half its
// length is at most that of the hypotenuse over its latitudes, at the longest
// degree, and its longitudes, on its longest parallel.
func (s segment) reach() float64 {
	lowest := 0.0
	if s.a.lat*s.b.lat > 0 {
		lowest = min(math.Abs(s.a.lat), math.Abs(s.b.lat))
	}
	lat := (s.b.lat - s.a.lat) * longestDegree
	lon := (s.b.lon - s.a.lon) * math.Pi / 180 * parallel(lowest)
	return math.Hypot(lat, lon) / 2 * (1 + 1e-12)
}

// parallel is the radius in metres of the circle of a latitude.
func parallel(lat float64) float64 {
	sin, cos := math.Sincos(lat * math.Pi / 180)
	return equatorial * equatorial * cos / math.Sqrt(equatorial*equatorial*cos*cos+polar*polar*sin*sin)
}

// cartesian is a position in metres from the centre of the Earth.
func cartesian(p position) [3]float64 {
	sin, cos := math.Sincos(p.lat * math.Pi / 180)
	lonSin, lonCos := math.Sincos(p.lon * math.Pi / 180)
	n := equatorial * equatorial / math.Sqrt(equatorial*equatorial*cos*cos+polar*polar*sin*sin)
	return [3]float64{n * cos * lonCos, n * cos * lonSin, polar * polar / (equatorial * equatorial) * n * sin}
}
