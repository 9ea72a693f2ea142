package facts

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/tidwall/geodesic"
)

// circle reads a geo_radius. RFC 0103's sample: point of origin and radius
// "must be used together".
func circle(parameters map[string]any, place *Place) (map[string]any, error) {
	if err := known("geo_radius", parameters); err != nil {
		return nil, err
	}
	radius, ok := parameters["radiusKm"].(float64)
	if !ok || !(radius > 0) || math.IsInf(radius*1000, 0) {
		return nil, errors.New("radiusKm: is no number of kilometres above 0")
	}
	origin, ok := parameters["pointOfOrigin"]
	if !ok {
		return nil, errors.New("pointOfOrigin: is missing")
	}
	out, err := originOf(origin)
	if err != nil {
		return nil, fmt.Errorf("pointOfOrigin: %w", err)
	}
	out["radiusM"] = radius * 1000
	if lat, isPoint := out["lat"].(float64); isPoint && place != nil && place.Lat != nil && place.Lon != nil {
		if d, ok := distance(lat, out["lon"].(float64), *place.Lat, *place.Lon); ok {
			out["distanceM"] = d
		}
	}
	return out, nil
}

var errPoint = errors.New("is no point: lat -90…90 and lon -180…180 in degrees")

// originOf reads "@lat,lon", "@lat,lon,zoomz", {lat, lon}, or a landmark's text.
func originOf(v any) (map[string]any, error) {
	if m, ok := v.(map[string]any); ok && (m["lat"] != nil || m["lon"] != nil) {
		lat, isLat := m["lat"].(float64)
		lon, isLon := m["lon"].(float64)
		if len(m) != 2 || !isLat || !isLon {
			return nil, errPoint
		}
		return point(lat, lon)
	}
	if s, ok := v.(string); ok && strings.HasPrefix(strings.TrimSpace(s), "@") {
		return pointText(strings.TrimSpace(s))
	}
	return attested(v)
}

func pointText(s string) (map[string]any, error) {
	north, east, ok := coordinates(s)
	lat, errLat := strconv.ParseFloat(north, 64)
	lon, errLon := strconv.ParseFloat(east, 64)
	if !ok || errLat != nil || errLon != nil {
		return nil, errPoint
	}
	return point(lat, lon)
}

// coordinates takes "@lat,lon" and "@lat,lon,zoomz" apart; white space may stand
// behind the commas.
func coordinates(s string) (lat, lon string, ok bool) {
	s, ok = strings.CutPrefix(s, "@")
	lat, s, both := strings.Cut(s, ",")
	lon, zoom, zoomed := strings.Cut(s, ",")
	lon, zoom = strings.TrimLeft(lon, space), strings.TrimLeft(zoom, space)
	if zoomed {
		number, z := strings.CutSuffix(zoom, "z")
		ok = ok && z && isDecimal(number, 2)
	}
	return lat, lon, ok && both && isDegrees(lat) && isDegrees(lon)
}

const space = "\t\n\f\r "

func isDegrees(s string) bool { return isDecimal(strings.TrimPrefix(s, "-"), 3) }

func point(lat, lon float64) (map[string]any, error) {
	if !onEarth(lat, lon) {
		return nil, errPoint
	}
	return map[string]any{"lat": lat, "lon": lon}, nil
}

func onEarth(lat, lon float64) bool {
	return lat >= -90 && lat <= 90 && lon >= -180 && lon <= 180
}

// distance is the geodesic distance on WGS 84 in metres, to the micrometre:
// what lies below differs between processors.
func distance(lat1, lon1, lat2, lon2 float64) (float64, bool) {
	if !onEarth(lat2, lon2) {
		return 0, false
	}
	var metres float64
	geodesic.WGS84.Inverse(lat1, lon1, lat2, lon2, &metres, nil, nil)
	return math.Round(metres*1e6) / 1e6, !math.IsNaN(metres)
}
