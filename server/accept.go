package server

import (
	"mime"
	"strconv"
	"strings"
)

// accepted picks the media type that a caller likes best (RFC 9110, section
// 12.5.1), the first of equals; empty if it takes none of them.
func accepted(header string, offers ...string) string {
	if strings.TrimSpace(header) == "" {
		return offers[0]
	}
	best, most := "", 0.0
	for _, offer := range offers {
		if q := quality(header, offer); q > most {
			best, most = offer, q
		}
	}
	return best
}

// quality is how much a caller likes one media type: what its most specific
// range says.
func quality(header, offer string) float64 {
	q, specific := 0.0, 0
	kind, _, _ := strings.Cut(offer, "/")
	ranges := map[string]int{"*/*": 1, kind + "/*": 2, offer: 3}
	for _, part := range strings.Split(header, ",") {
		name, params, err := mime.ParseMediaType(part)
		if err != nil || ranges[name] <= specific {
			continue
		}
		specific, q = ranges[name], 1
		if text, ok := params["q"]; ok {
			if q, err = strconv.ParseFloat(text, 64); err != nil {
				q = 0
			}
		}
	}
	return q
}
