package facts

import (
	"errors"
	"slices"
)

// What one constraint may draw.
const (
	maxPositions = 1000
	maxRings     = 64
)

var errArea = errors.New("is no GeoJSON Polygon or MultiPolygon of at most 1000 positions and 64 rings")

// An area is what the polygons of one constraint cover (RFC 7946, 3.1.6 and
// 3.1.7). Its lines are straight in longitude and latitude, as there. Where two
// sides of the antimeridian are both covered it is no edge, and where a polygon
// goes all round a pole neither is that.
type area struct {
	polygons [][][]segment // outer ring first
	edge     []segment     // what lies between inside and outside, and perhaps more
	poles    map[float64]bool
}

// readArea reads GeoJSON, and whether what it draws contains the circle of
// accuracy around the place, where there is one.
func readArea(v map[string]any, s *scene) (map[string]any, error) {
	if !s.admitted {
		return nil, nil
	}
	a, err := areaOf(v, s.budget)
	if err != nil {
		return nil, err
	}
	out := map[string]any{"area": true}
	if p := s.presentation.Circumstances.Place; p != nil && p.Lat != nil && p.Lon != nil && p.AccuracyM != nil {
		out["inside"] = a.contains(position{*p.Lon, *p.Lat}, *p.AccuracyM, &s.budget.distances)
	}
	return out, nil
}

// areaOf reads type and coordinates. Other members, such as crs, are not
// understood, and heights could be a limit.
func areaOf(v map[string]any, b *budget) (*area, error) {
	list, isList := v["coordinates"].([]any)
	if !isList || len(v) != 2 {
		return nil, errArea
	}
	if v["type"] == "Polygon" {
		list = []any{list}
	} else if v["type"] != "MultiPolygon" {
		return nil, errArea
	}
	a, positions, rings := &area{}, min(maxPositions, b.positions), maxRings
	b.positions -= positions
	for _, p := range list {
		polygon, err := polygonOf(p, &positions, &rings)
		if err != nil {
			return nil, err
		}
		a.polygons = append(a.polygons, polygon)
	}
	if len(a.polygons) == 0 {
		return nil, errArea
	}
	b.positions += positions
	a.edges()
	return a, nil
}

func polygonOf(v any, positions, rings *int) ([][]segment, error) {
	list, ok := v.([]any)
	if *rings -= len(list); !ok || len(list) == 0 || *rings < 0 {
		return nil, errArea
	}
	polygon := make([][]segment, len(list))
	for i, r := range list {
		points, err := positionsOf(r, positions)
		if err != nil {
			return nil, err
		}
		if polygon[i], err = ring(points, i > 0); err != nil {
			return nil, err
		}
	}
	if !simple(polygon) || !nested(polygon) {
		return nil, errCross
	}
	return polygon, nil
}

func positionsOf(v any, left *int) ([]position, error) {
	list, ok := v.([]any)
	if *left -= len(list); !ok || *left < 0 {
		return nil, errArea
	}
	out := make([]position, len(list))
	for i, p := range list {
		pair, ok := p.([]any)
		if !ok || len(pair) != 2 {
			return nil, errArea
		}
		lon, isLon := pair[0].(float64)
		lat, isLat := pair[1].(float64)
		if !isLon || !isLat || !onEarth(lat, lon) {
			return nil, errArea
		}
		out[i] = position{lon, lat}
	}
	return out, nil
}

// nested reports whether each hole of a simple polygon lies in its outer ring
// and in no other hole.
func nested(polygon [][]segment) bool {
	for i, hole := range polygon[1:] {
		if !encloses(polygon[0], hole[0].a) {
			return false
		}
		for j, other := range polygon[1:] {
			if i != j && encloses(other, hole[0].a) {
				return false
			}
		}
	}
	return true
}

// edges finds what bounds the area on the Earth, where the plane's east and west
// sides are one meridian and its top and bottom are points.
func (a *area) edges() {
	var west, east []interval
	round := map[float64][]interval{}
	for _, s := range slices.Concat(slices.Concat(a.polygons...)...) {
		switch {
		case s.a.lon == -180 && s.b.lon == -180:
			west = append(west, between(s.a.lat, s.b.lat))
		case s.a.lon == 180 && s.b.lon == 180:
			east = append(east, between(s.a.lat, s.b.lat))
		case s.a.lat == s.b.lat && (s.a.lat == 90 || s.a.lat == -90):
			round[s.a.lat] = append(round[s.a.lat], between(s.a.lon, s.b.lon))
		default:
			a.edge = append(a.edge, s)
		}
	}
	for _, open := range uncovered(west, east) {
		a.edge = append(a.edge, segment{position{180, open.low}, position{180, open.high}})
	}
	a.poles = map[float64]bool{}
	for lat, lines := range round {
		whole := []interval{{-180, 180}}
		if a.poles[lat] = len(uncovered(whole, lines)) == 0; !a.poles[lat] {
			a.edge = append(a.edge, segment{position{0, lat}, position{0, lat}})
		}
	}
}

// An interval is a stretch of a meridian or parallel.
type interval struct{ low, high float64 }

func between(a, b float64) interval { return interval{min(a, b), max(a, b)} }

// uncovered are the stretches that only one of two lists of intervals covers.
func uncovered(a, b []interval) []interval {
	var cuts []float64
	for _, i := range slices.Concat(a, b) {
		cuts = append(cuts, i.low, i.high)
	}
	slices.Sort(cuts)
	cuts = slices.Compact(cuts)
	var out []interval
	for i := 1; i < len(cuts); i++ {
		piece := interval{cuts[i-1], cuts[i]}
		covers := func(i interval) bool { return i.low <= piece.low && piece.high <= i.high }
		if slices.ContainsFunc(a, covers) != slices.ContainsFunc(b, covers) {
			out = append(out, piece)
		}
	}
	return out
}

// holds reports whether p, which is not on the edge, lies in the area.
func (a *area) holds(p position) bool {
	if p.lat == 90 || p.lat == -90 {
		return a.poles[p.lat]
	}
	if p.lon == 180 {
		p.lon = -180 // the same meridian, and no edge here
	}
	return slices.ContainsFunc(a.polygons, func(polygon [][]segment) bool {
		return encloses(polygon[0], p) && !slices.ContainsFunc(polygon[1:], func(hole []segment) bool { return encloses(hole, p) })
	})
}
