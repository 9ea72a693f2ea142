package facts

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/tidwall/geodesic"
)

// drawn reads GeoJSON with as much to spend as one presentation has alone.
func drawn(t testing.TB, raw string) (*area, error) {
	t.Helper()
	var v map[string]any
	if err := json.Unmarshal([]byte(raw), &v); err != nil {
		t.Fatal(err)
	}
	return areaOf(v, share(1))
}

func polygon(rings string) string { return `{"type": "Polygon", "coordinates": [` + rings + `]}` }

// box is a ring, counterclockwise.
func box(west, south, east, north float64) string {
	return fmt.Sprintf("[[%v,%v],[%v,%v],[%v,%v],[%v,%v],[%v,%v]]", west, south, east, south, east, north, west, north, west, south)
}

// hole is a box the other way round.
func hole(west, south, east, north float64) string {
	return fmt.Sprintf("[[%v,%v],[%v,%v],[%v,%v],[%v,%v],[%v,%v]]", west, south, west, north, east, north, east, south, west, south)
}

func multi(polygons ...string) string {
	return `{"type": "MultiPolygon", "coordinates": [[` + strings.Join(polygons, "],[") + `]]}`
}

func TestAreaContains(t *testing.T) {
	t.Parallel()
	fiji := multi(box(177, -20, 180, -15), box(-180, -20, -178, -15))
	half := multi(box(177, -20, 180, -15), box(-180, -20, -178, -17)) // its east side is lower
	arctic := polygon(`[[-180,60],[180,60],[180,90],[-180,90],[-180,60]]`)
	antarctic := polygon(`[[-180,-90],[180,-90],[180,-60],[-180,-60],[-180,-90]]`)
	quarter := polygon(box(0, 80, 90, 90))
	earth := polygon(box(-180, -90, 180, 90))
	// One degree of latitude from 0 to 1 is 110574.389 m, one of longitude at the equator 111319.491 m.
	for _, tt := range []struct {
		name, area       string
		lat, lon, radius float64
		want             bool
	}{
		{"in the middle", polygon(box(0, 0, 2, 2)), 1, 1, 1000, true},
		{"outside", polygon(box(0, 0, 2, 2)), 3, 1, 1000, false},
		{"outside at the same latitude", polygon(box(0, 0, 2, 2)), 1, 3, 0, false},
		{"a point on the edge", polygon(box(0, 0, 2, 2)), 0, 1, 0, false},
		{"a point on a corner", polygon(box(0, 0, 2, 2)), 2, 2, 0, false},
		{"a point beside the edge", polygon(box(0, 0, 2, 2)), 1e-9, 1, 0, true},
		{"up to the edge in the south", polygon(box(0, 0, 2, 2)), 1, 1, 110574.38, true},
		{"over the edge in the south", polygon(box(0, 0, 2, 2)), 1, 1, 110574.40, false},
		{"up to the edge in the west", polygon(box(0, -5, 10, 5)), 0, 1, 111319.45, true},
		{"over the edge in the west", polygon(box(0, -5, 10, 5)), 0, 1, 111319.491, false},
		{"an accuracy greater than the area", polygon(box(0, 0, 2, 2)), 1, 1, 1e7, false},
		{"an accuracy greater than the Earth", polygon(box(0, 0, 2, 2)), 1, 1, math.MaxFloat64, false},
		{"a tiny area", polygon(box(10, 10, 10.00001, 10.00001)), 10.000005, 10.000005, 0.5, true},
		{"a tiny area, less exactly", polygon(box(10, 10, 10.00001, 10.00001)), 10.000005, 10.000005, 0.6, false},

		{"in a hole", polygon(box(0, 0, 4, 4) + "," + hole(1, 1, 3, 3)), 2, 2, 0, false},
		{"beside a hole", polygon(box(0, 0, 4, 4) + "," + hole(1, 1, 3, 3)), 0.5, 2, 50_000, true},
		{"into a hole", polygon(box(0, 0, 4, 4) + "," + hole(1, 1, 3, 3)), 0.5, 2, 56_000, false},
		{"around a hole", polygon(box(0, 0, 4, 4) + "," + hole(1.99, 1.99, 2.01, 2.01)), 1.9, 2, 30_000, false},

		{"over the antimeridian", fiji, -17.5, 179.9, 100_000, true},
		{"over it from the other side", fiji, -17.5, -179.9, 100_000, true},
		{"on it", fiji, -17.5, 180, 100_000, true},
		{"on it, written otherwise", fiji, -17.5, -180, 100_000, true},
		{"beyond the east", fiji, -17.5, -178.5, 100_000, false},
		{"where one side alone is covered", half, -16, 179.9, 100_000, false},
		{"on that side", half, -16, 180, 0, false},
		{"where both are", half, -18.5, 180, 100_000, true},
		{"at the end of the common side", half, -17.1, 180, 100_000, false},
		{"the antimeridian without its other side", polygon(box(170, 0, 180, 10)), 5, 179.99, 2000, false},
		{"the other side alone", polygon(box(170, 0, 180, 10)), 5, -179.99, 0, false},

		{"the north pole", arctic, 90, 0, 1_000_000, true},
		{"the north pole at any longitude", arctic, 90, 123, 1_000_000, true},
		{"near the north pole", arctic, 89.99, -77, 1_000_000, true},
		{"to the parallel", arctic, 90, 0, 3_340_000, true},
		{"over the parallel", arctic, 90, 0, 3_348_000, false},
		{"the south pole", antarctic, -90, 55, 1_000_000, true},
		{"near the south pole", antarctic, -89.9, 180, 1_000_000, true},
		{"the other pole", antarctic, 90, 0, 0, false},
		{"a pole in the corner", quarter, 90, 45, 0, false},
		{"over a pole in the corner", quarter, 89.99, 45, 2000, false},
		{"beside a pole in the corner", quarter, 89.9, 45, 7000, true},
		{"everywhere", earth, 0, 180, 2.1e7, true},
		{"everywhere, at a pole", earth, -90, 0, 2.1e7, true},

		{"of two, the second", multi(box(0, 0, 1, 1), box(5, 5, 6, 6)), 5.5, 5.5, 1000, true},
		{"over two that touch", multi(box(0, 0, 1, 1), box(1, 0, 2, 1)), 0.5, 1, 10, false},
		{"no latitude of the Earth", polygon(box(0, 0, 2, 2)), 90.0000001, 1, 0, false},
		{"a negative accuracy", polygon(box(0, 0, 2, 2)), 1, 1, -1, false},
		{"no number", polygon(box(0, 0, 2, 2)), 1, 1, math.NaN(), false},
	} {
		a, err := drawn(t, tt.area)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		if got := a.contains(position{tt.lon, tt.lat}, tt.radius, new(share(1).distances)); got != tt.want {
			t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestAreasThatCannotBeRead(t *testing.T) {
	t.Parallel()
	many := strings.Repeat("[0,0],", maxPositions)
	for name, raw := range map[string]string{
		"nothing":               `{}`,
		"no coordinates":        `{"type": "Polygon"}`,
		"no type":               `{"coordinates": [` + box(0, 0, 1, 1) + `]}`,
		"a point":               `{"type": "Point", "coordinates": [0, 0]}`,
		"a feature":             `{"type": "Feature", "geometry": ` + polygon(box(0, 0, 1, 1)) + `}`,
		"another case":          `{"type": "polygon", "coordinates": [` + box(0, 0, 1, 1) + `]}`,
		"another system":        `{"type": "Polygon", "crs": {}, "coordinates": [` + box(0, 0, 1, 1) + `]}`,
		"a box around it":       `{"type": "Polygon", "bbox": [0,0,1,1], "coordinates": [` + box(0, 0, 1, 1) + `]}`,
		"no ring":               polygon(""),
		"no polygon":            `{"type": "MultiPolygon", "coordinates": []}`,
		"a polygon without one": `{"type": "MultiPolygon", "coordinates": [[]]}`,
		"a ring that is none":   polygon(`"x"`),
		"no positions":          polygon(`[]`),
		"three positions":       polygon(`[[0,0],[1,0],[0,0]]`),
		"not closed":            polygon(`[[0,0],[1,0],[1,1],[0,1]]`),
		"nearly closed":         polygon(`[[0,0],[1,0],[1,1],[0,1],[0,1e-15]]`),
		"clockwise":             polygon(hole(0, 0, 1, 1)),
		"a hole the wrong way":  polygon(box(0, 0, 4, 4) + "," + box(1, 1, 2, 2)),
		"a line":                polygon(`[[0,0],[1,0],[2,0],[0,0]]`),
		"there and back":        polygon(`[[0,0],[2,0],[2,2],[2,3],[2,2],[0,2],[0,0]]`),
		"a spike":               polygon(`[[0,0],[3,0],[2,0],[2,2],[0,2],[0,0]]`),
		"a position twice":      polygon(`[[0,0],[1,0],[1,0],[1,1],[0,0]]`),
		"an eight":              polygon(`[[0,0],[2,2],[2,0],[0,2],[0,0]]`),
		"a ring that touches":   polygon(`[[0,0],[4,0],[4,4],[2,0],[0,4],[0,0]]`),
		"a corner twice":        polygon(`[[0,0],[2,0],[1,1],[2,2],[0,2],[1,1],[0,0]]`),
		"no height":             polygon(`[[0,0],[0,0],[0,0],[0,0]]`),
		"too small to have one": polygon(box(0, 0, 1e-200, 1e-200)),
		"a hole outside":        polygon(box(0, 0, 1, 1) + "," + hole(2, 2, 3, 3)),
		"a hole across":         polygon(box(0, 0, 2, 2) + "," + hole(1, 1, 3, 3)),
		"a hole that touches":   polygon(box(0, 0, 2, 2) + "," + hole(0, 1, 1, 2)),
		"a hole in a hole":      polygon(box(0, 0, 9, 9) + "," + hole(1, 1, 8, 8) + "," + hole(2, 2, 3, 3)),
		"a hole as the ring":    polygon(box(0, 0, 2, 2) + "," + hole(0, 0, 2, 2)),
		"across the world":      polygon(`[[170,0],[-170,0],[-170,10],[170,10],[170,0]]`),
		"half of the world":     polygon(box(-90, 0, 90, 10)),
		"longitude":             polygon(box(179, 0, 180.0000001, 1)),
		"latitude":              polygon(box(0, 89, 1, 90.0000001)),
		"heights":               polygon(`[[0,0,5],[1,0,5],[1,1,5],[0,0,5]]`),
		"one number":            polygon(`[[0],[1],[1],[0]]`),
		"texts":                 polygon(`[["0","0"],["1","0"],["1","1"],["0","0"]]`),
		"nulls":                 polygon(`[[null,0],[1,0],[1,1],[null,0]]`),
		"too many positions":    polygon(`[` + many + `[0,0]]`),
		"too many rings":        multi(strings.Repeat(box(0, 0, 1, 1)+"],[", maxRings) + box(0, 0, 1, 1)),
		"deep":                  `{"type": "Polygon", "coordinates": ` + strings.Repeat("[", 5000) + strings.Repeat("]", 5000) + `}`,
	} {
		if _, err := drawn(t, raw); err == nil {
			t.Errorf("%s: got it read", name)
		}
	}
}

// A constraint in GeoJSON, from the credential's member to its values.
func TestBoundaryInGeoJSON(t *testing.T) {
	t.Parallel()
	lat, lon, accuracy := 1.0, 1.0, 10.0
	constraints := `{"boundary": ` + polygon(box(0, 0, 2, 2)) + `}`
	for name, tt := range map[string]struct {
		place *Place
		want  any
	}{
		"inside":           {&Place{Lat: &lat, Lon: &lon, AccuracyM: &accuracy}, true},
		"without place":    {nil, nil},
		"without accuracy": {&Place{Lat: &lat, Lon: &lon}, nil},
		"without point":    {&Place{AccuracyM: &accuracy, Codes: []string{"TD"}}, nil},
	} {
		c := constrained(t, constraints, tt.place)[0]
		if c.Problem != "" || c.Values["area"] != true || c.Values["inside"] != tt.want {
			t.Errorf("%s: got %v (%s), want %v", name, c.Values, c.Problem, tt.want)
		}
	}
	if c := constrained(t, `{"boundary": `+polygon(hole(0, 0, 2, 2))+`}`, nil)[0]; c.Problem == "" {
		t.Errorf("clockwise: got %v", c.Values)
	}
}

// star is a simple ring around a centre with no straight side on a parallel.
func star(r *rand.Rand, lon, lat, size float64) []position {
	n := 3 + r.IntN(12)
	turn := r.Float64()
	var out []position
	for i := range n {
		angle := 2 * math.Pi * (float64(i) + turn) / float64(n)
		reach := size * (0.3 + 0.7*r.Float64())
		out = append(out, position{lon + reach*math.Cos(angle), lat + reach*math.Sin(angle)})
	}
	return append(out, out[0])
}

// winds counts how often a ring goes round p: another way to tell the inside.
func winds(ring []position, p position) int {
	total := 0.0
	for i := range len(ring) - 1 {
		a, b := ring[i], ring[i+1]
		total += math.Atan2(cross(p, a, b), (a.lon-p.lon)*(b.lon-p.lon)+(a.lat-p.lat)*(b.lat-p.lat))
	}
	return int(math.Round(total / (2 * math.Pi)))
}

// Over random stars at every latitude a circle that is said to lie inside does
// so at thousands of its points, and one that is denied comes within a sampled
// step of the edge. PROCURA_SEED=7000 in the environment explores that seed.
func TestContainsAgreesWithSamples(t *testing.T) {
	t.Parallel()
	counts := map[bool]int{}
	seeds := []uint64{1, 2, 3, 4, 5, 6, 7, 8}
	explored, err := strconv.ParseUint(os.Getenv("PROCURA_SEED"), 10, 64)
	if err == nil {
		seeds = []uint64{explored}
	}
	for _, seed := range seeds {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 0))
			for range 15 {
				agreesWithSamples(t, r, counts)
			}
		})
	}
	if err != nil && (counts[true] < 10 || counts[false] < 10) {
		t.Errorf("got %v", counts)
	}
}

func agreesWithSamples(t *testing.T, r *rand.Rand, counts map[bool]int) {
	t.Helper()
	size := math.Pow(10, -5+6.5*r.Float64())
	lat := (r.Float64()*2 - 1) * (89.999 - min(size, 60))
	lon := (r.Float64()*2 - 1) * (179.999 - min(size, 60))
	ring := star(r, lon, lat, size)
	raw, err := json.Marshal(map[string]any{"type": "Polygon", "coordinates": [][][2]float64{pairs(ring)}})
	if err != nil {
		t.Fatal(err)
	}
	a, err := drawn(t, string(raw))
	if err != nil {
		return // beyond the Earth, or too thin to turn left
	}
	p := position{lon + size*(r.Float64()-0.5), lat + size*(r.Float64()-0.5)}
	nearest, step := sampled(ring, p)
	radius := nearest * []float64{0.5, 0.999, 0.999999, 1.000001, 1.1, 0}[r.IntN(6)]
	got := a.contains(p, radius, new(1<<20))
	counts[got]++
	inside := winds(ring, p) == 1
	switch {
	case got && !inside, got && nearest <= radius:
		t.Fatalf("%s holds %v within %v, whose edge is %v away", raw, p, radius, nearest)
	case !got && inside && nearest-step > radius*(1+1e-6)+1e-3:
		t.Fatalf("%s does not hold %v within %v, whose edge is %v away", raw, p, radius, nearest)
	}
	for i := 0; got && i < 360; i++ {
		var q position
		geodesic.WGS84.Direct(p.lat, p.lon, float64(i), radius*r.Float64(), &q.lat, &q.lon, nil)
		if winds(ring, q) != 1 {
			t.Fatalf("%s holds %v within %v, but not %v", raw, p, radius, q)
		}
	}
}

func pairs(ring []position) [][2]float64 {
	out := make([][2]float64, len(ring))
	for i, p := range ring {
		out[i] = [2]float64{p.lon, p.lat}
	}
	return out
}

// sampled is the least distance of p from a thousand points of each side, and
// the greatest between two that follow on each other.
func sampled(ring []position, p position) (nearest, step float64) {
	nearest = math.Inf(1)
	for i := range len(ring) - 1 {
		before := ring[i]
		for k := range 1001 {
			f := float64(k) / 1000
			q := position{ring[i].lon + f*(ring[i+1].lon-ring[i].lon), ring[i].lat + f*(ring[i+1].lat-ring[i].lat)}
			var d, s float64
			geodesic.WGS84.Inverse(p.lat, p.lon, q.lat, q.lon, &d, nil, nil)
			if k%50 == 1 { // the sides are nearly even
				geodesic.WGS84.Inverse(before.lat, before.lon, q.lat, q.lon, &s, nil, nil)
			}
			nearest, step, before = min(nearest, d), max(step, 1.1*s), q
		}
	}
	return nearest, step
}

// Whatever is drawn is read or refused, in bounded time.
func FuzzArea(f *testing.F) {
	for _, seed := range []string{
		polygon(box(0, 0, 2, 2)), multi(box(177, -20, 180, -15), box(-180, -20, -178, -15)),
		polygon(box(0, 0, 4, 4) + "," + hole(1, 1, 3, 3)), polygon(`[[-180,60],[180,60],[180,90],[-180,90],[-180,60]]`),
	} {
		f.Add(seed, 1.0, 1.0, 10.0)
	}
	f.Fuzz(func(t *testing.T, raw string, lat, lon, radius float64) {
		var v map[string]any
		if json.Unmarshal([]byte(raw), &v) != nil {
			return
		}
		a, err := areaOf(v, share(1))
		if err != nil {
			return
		}
		left := share(1).distances
		if a.contains(position{lon, lat}, radius, &left) && !a.contains(position{lon, lat}, radius/2, new(1<<20)) {
			t.Errorf("%s holds %v, %v within %v, but not within half of it", raw, lat, lon, radius)
		}
		if left < -64 {
			t.Errorf("took %d distances too many", -left)
		}
	})
}

func BenchmarkContains(b *testing.B) {
	var ring []position
	for i := range 999 {
		angle := 2 * math.Pi * float64(i) / 999
		ring = append(ring, position{10 + math.Cos(angle), 50 + math.Sin(angle)})
	}
	raw, _ := json.Marshal(map[string]any{"type": "Polygon", "coordinates": [][][2]float64{pairs(append(ring, ring[0]))}})
	var v map[string]any
	if err := json.Unmarshal(raw, &v); err != nil {
		b.Fatal(err)
	}
	for _, radius := range []float64{10, 70_000, 71_000} {
		b.Run(fmt.Sprint(radius), func(b *testing.B) {
			for b.Loop() {
				a, err := areaOf(v, share(1))
				if err != nil {
					b.Fatal(err)
				}
				a.contains(position{10, 50}, radius, new(share(1).distances))
			}
		})
	}
}
