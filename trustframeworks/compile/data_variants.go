package compile

import (
	"time"

	"github.com/procura-dev/procura/trustframeworks"
)

func variants(d *trustframeworks.Document) map[string]any {
	uris := map[string]string{}
	for _, r := range d.Rationales {
		uris[nfkc(r.Name)] = r.URI
	}
	m := map[string]any{}
	for i := range d.Variants {
		v := &d.Variants[i]
		rationales := map[string]any{}
		for _, name := range v.Rationales {
			rationales[uris[nfkc(name)]] = true
		}
		m[v.Name] = map[string]any{
			"form": v.Form, "holderType": v.Holder.Type, "proxiedType": v.Proxied.Type,
			"roles": set(v.Roles), "rationales": rationales, "constraints": nfkcAll(v.Constraints),
			"identification": v.Identification, "match": match(v.Match), "validity": validity(v.Validity),
		}
	}
	return m
}

// match keeps the member absent from the document an empty object.
func match(m map[string]string) map[string]any {
	out := map[string]any{}
	for name, how := range m {
		out[name] = how
	}
	return out
}

func validity(v trustframeworks.Validity) map[string]any {
	m := map[string]any{"from": v.From, "until": v.Until, "status": v.Status}
	if v.MaxLife != "" {
		m["maxLife"] = nanoseconds(v.MaxLife)
	}
	return m
}

// The defaults of semantics 7.
const (
	presentationMaxAge = 5 * time.Minute
	groupMaxAge        = time.Hour
	clockSkew          = 60 * time.Second
	frameworkMaxAge    = 24 * time.Hour
)

func freshness(f trustframeworks.Freshness) map[string]any {
	all := map[string]any{
		"presentationMaxAge": presentationMaxAge.Nanoseconds(),
		"groupMaxAge":        groupMaxAge.Nanoseconds(),
		"clockSkew":          clockSkew.Nanoseconds(),
		"frameworkMaxAge":    frameworkMaxAge.Nanoseconds(),
		"offlineMaxAge":      0,
	}
	for name, n := range ages(f.Default) {
		all[name] = n
	}
	permissions := map[string]any{}
	for name, a := range f.Permissions {
		permissions[nfkc(name)] = ages(a)
	}
	return map[string]any{"default": all, "permissions": permissions}
}

func ages(a trustframeworks.Ages) map[string]any {
	m := map[string]any{}
	for name, d := range map[string]trustframeworks.Duration{
		"presentationMaxAge": a.PresentationMaxAge, "groupMaxAge": a.GroupMaxAge, "clockSkew": a.ClockSkew,
		"statusMaxAge": a.StatusMaxAge, "frameworkMaxAge": a.FrameworkMaxAge,
		"offlineMaxAge": a.OfflineMaxAge,
	} {
		if d != "" {
			m[name] = nanoseconds(d)
		}
	}
	return m
}

// nanoseconds reads a duration that Parse has checked.
func nanoseconds(d trustframeworks.Duration) int64 {
	n, err := d.Length()
	if err != nil {
		panic("a sound document has readable durations: " + err.Error())
	}
	return n.Nanoseconds()
}
