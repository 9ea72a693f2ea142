package vc

import (
	"slices"
	"strconv"
	"strings"
	"testing"
)

// Whatever is read shows each disclosure in its place; nothing reserved is left.
func FuzzSDJWT(f *testing.F) {
	name := shown(f, "s1", "name", "Amina")
	job := shown(f, "s2", "nurse")
	inner := shown(f, "s3", "address", object{"_sd": []any{dug(name)}, "town": "Goz Beïda"})
	for _, seed := range []string{
		sdjwt(f, object{}), sdjwt(f, sdProxy()),
		sdjwt(f, object{"_sd": []any{dug(name), dug("decoy")}}, name),
		sdjwt(f, object{"_sd": []any{dug(inner)}}, inner, name),
		sdjwt(f, object{"jobs": []any{object{"...": dug(job)}, "cook"}}, job),
		sdjwt(f, object{"cnf": object{"kid": "did:example:a#1"}}) + token(f, typeKeyBinding, binding()),
		sdjwt(f, object{"_sd_alg": "sha-512"}), "~", "", "a.b.c~~",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		if s, err := ParseSDJWT(raw); err == nil {
			holds(t, raw, s)
		}
	})
}

// The same of texts that refer to each other: in payload and disclosures, one a
// line, #0 to #9 stand for the digests of disclosures.
func FuzzDisclosures(f *testing.F) {
	for _, seed := range [][2]string{
		{`{"_sd":["#0","#1"]}`, `["s","name","Amina"]`},
		{`{"_sd":["#1"]}`, `["s","town","Goz Beïda"]` + "\n" + `["s","address",{"_sd":["#0"]}]`},
		{`{"jobs":["cook",{"...":"#0"},{"...":"#1"}]}`, `["s","nurse"]` + "\n" + `["s",{"_sd":[]}]`},
		{`{"holder":{"_sd":["#0"]},"proxied":{"_sd":["#1"]}}`, `["s","role",["a"]]` + "\n" + `["s","permissions",[{"...":"#0"}]]`},
		{toJSON(f, sdProxy()), ``}, {`{"cnf":{"jwk":{}},"_sd_alg":"sha-256"}`, `["s","cnf",{}]`},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, payload, lines string) {
		var texts []string
		for _, line := range strings.SplitN(lines, "\n", 12) {
			texts = append(texts, raw64(referring(line, texts)))
		}
		if lines == "" {
			texts = nil
		}
		raw := strings.Join(append([]string{raw64(`{"typ":"dc+sd-jwt"}`) + "." + raw64(referring(payload, texts)) + ".AA"}, texts...), "~") + "~"
		if s, err := ParseSDJWT(raw); err == nil {
			holds(t, raw, s)
		}
	})
}

func referring(text string, disclosures []string) string {
	for i, d := range disclosures[:min(len(disclosures), 10)] {
		text = strings.ReplaceAll(text, "#"+strconv.Itoa(i), dug(d))
	}
	return text
}

// holds says what is so of everything that is read.
func holds(t *testing.T, raw string, s *SDJWT) {
	t.Helper()
	if !strings.HasPrefix(raw, string(s.Bound)) || strings.Count(string(s.Bound), "~") != len(s.Disclosures)+1 {
		t.Errorf("%d disclosures bound by %q", len(s.Disclosures), s.Bound)
	}
	for _, d := range s.Disclosures {
		if len(d.Path) == 0 || !found(s.Claims, d.Path) || plain[d.Path[0]] {
			t.Errorf("nothing may stand at %q", d.Path)
		}
	}
	for _, path := range s.Withheld {
		if !found(s.Claims, path) || len(path) > 0 && plain[path[0]] {
			t.Errorf("nothing can be withheld at %q", path)
		}
	}
	if reserved(s.Claims) {
		t.Errorf("claims are %v", s.Claims)
	}
	p, err := ReadSDJWT(s)
	if err != nil {
		return
	}
	holder := s.Claims["holder"].(map[string]any)
	if len(p.Roles) == 0 || holder["constraints"] == nil || holder["type"] != p.HolderType {
		t.Errorf("read as %+v", p)
	}
}

// reserved reports a name that RFC 9901 keeps for itself.
func reserved(v any) bool {
	switch v := v.(type) {
	case map[string]any:
		for name, item := range v {
			if name == nameDigests || name == nameElement || name == nameHash || reserved(item) {
				return true
			}
		}
	case []any:
		return slices.ContainsFunc(v, reserved)
	}
	return false
}

// found walks a path through claims; places in lists are left to their length.
func found(v any, path []string) bool {
	for _, name := range path {
		switch x := v.(type) {
		case map[string]any:
			var ok bool
			if v, ok = x[name]; !ok {
				return false
			}
		case []any:
			return len(x) > 0
		default:
			return false
		}
	}
	return true
}
