package vc

import (
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
)

// shown writes a disclosure; dug is its digest.
func shown(t testing.TB, items ...any) string { return raw64(toJSON(t, items)) }

func dug(text string) string {
	sum := sha256.Sum256([]byte(text))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// sdjwt is an SD-JWT without key binding.
func sdjwt(t testing.TB, claims object, disclosures ...string) string {
	return strings.Join(append([]string{token(t, FormatSDJWT, claims)}, disclosures...), "~") + "~"
}

// refusedAs holds that an SD-JWT is refused with words of its own.
func refusedAs(t *testing.T, raw, why string) {
	t.Helper()
	s, err := ParseSDJWT(raw)
	refusal, ok := errors.AsType[*Refusal](err)
	if !ok || refusal.Code != PresentationMalformed || !strings.Contains(refusal.Message, why) {
		t.Errorf("ParseSDJWT = %v, %v, want a refusal that says %q", s, err, why)
	}
}

func TestSDJWTDisclosesInPlace(t *testing.T) {
	t.Parallel()
	street := shown(t, "s1", "street", "Main")
	address := shown(t, "s2", "address", object{"town": "Goz Beïda", "_sd": []any{dug(street)}})
	second := shown(t, "s3", "cook")
	hidden := dug(shown(t, "s4", "name", "Amina"))
	claims := object{
		"iss": "did:example:issuer", "_sd_alg": "sha-256", "_sd": []any{dug(address), hidden},
		"jobs": []any{object{"...": dug("decoy")}, "nurse", object{"...": dug(second)}},
	}
	s, err := ParseSDJWT(sdjwt(t, claims, second, address, street))
	if err != nil {
		t.Fatal(err)
	}
	want := object{
		"iss": "did:example:issuer", "jobs": []any{"nurse", "cook"},
		"address": object{"town": "Goz Beïda", "street": "Main"},
	}
	if !reflect.DeepEqual(s.Claims, want) {
		t.Errorf("claims are %v, want %v", s.Claims, want)
	}
	var at []string
	for _, d := range s.Disclosures {
		at = append(at, strings.Join(d.Path, "/"))
	}
	if got := strings.Join(at, " "); got != "jobs/1 address address/street" {
		t.Errorf("disclosed at %s", got)
	}
	if got := fmt.Sprint(s.Withheld); got != "[[jobs] []]" && got != "[[] [jobs]]" {
		t.Errorf("withheld at %s", got)
	}
	// An inner disclosure belongs to its outer one.
	refusedAs(t, sdjwt(t, claims, street), "no digest")
}

func TestSDJWTHashes(t *testing.T) {
	t.Parallel()
	name := shown(t, "s", "name", "Amina")
	sum384, sum512 := sha512.Sum384([]byte(name)), sha512.Sum512([]byte(name))
	text := base64.RawURLEncoding.EncodeToString
	for alg, digest := range map[string]string{"sha-256": dug(name), "sha-384": text(sum384[:]), "sha-512": text(sum512[:])} {
		s, err := ParseSDJWT(sdjwt(t, object{"_sd_alg": alg, "_sd": []any{digest}}, name))
		if err != nil || s.Claims["name"] != "Amina" {
			t.Errorf("%s: %v, %v", alg, s, err)
		}
	}
	for _, alg := range []any{"sha-1", "SHA-256", "md5", "", nil, 256.0} {
		refusedAs(t, sdjwt(t, object{"_sd_alg": alg}), "hash algorithm")
	}
	refusedAs(t, sdjwt(t, object{"_sd_alg": "sha-512", "_sd": []any{dug(name)}}, name), "not one of the hash")
}

// What RFC 9901 rejects, and what it does not define.
func TestSDJWTRefused(t *testing.T) {
	t.Parallel()
	name, other := shown(t, "s", "name", "Amina"), shown(t, "s", "name", "Yusuf")
	element := shown(t, "s", "nurse")
	sd := func(digests ...any) object { return object{"_sd": digests} }
	disclosing := func(items ...any) string {
		d := shown(t, items...)
		return sdjwt(t, sd(dug(d)), d)
	}
	deep := any("x")
	for range 70 {
		deep = object{"a": deep}
	}
	many := make([]string, maxDisclosures+1)
	decoys := make([]any, maxDigests+1)
	for i := range many {
		many[i] = shown(t, "s", fmt.Sprint(i))
	}
	for i := range decoys {
		decoys[i] = dug(fmt.Sprint(i))
	}
	for what, c := range map[string]struct{ raw, why string }{
		"a JWT":                          {token(t, FormatSDJWT, object{}), "a ~ after each part"},
		"the older type":                 {strings.Replace(sdjwt(t, object{}), raw64(`{"alg":"EdDSA","kid":"did:key:z#z","typ":"dc+sd-jwt"}`), raw64(`{"alg":"EdDSA","typ":"vc+sd-jwt"}`), 1), "not of the type"},
		"no type":                        {token(t, "", object{}) + "~", "not of the type"},
		"an empty disclosure":            {sdjwt(t, sd(dug("")), ""), "a disclosure is not the JSON"},
		"a padded disclosure":            {sdjwt(t, sd(), name+"="), "strict base64url"},
		"a line break in a disclosure":   {sdjwt(t, sd(), name[:8]+"\n"+name[8:]), "strict base64url"},
		"stray bits in a disclosure":     {sdjwt(t, sd(), strings.TrimRight(raw64(`["s","a","b"] `), "gA")+"h"), "strict base64url"},
		"invalid UTF-8":                  {sdjwt(t, sd(), raw64("[\"s\",\"name\",\"\xff\"]")), "invalid UTF-8"},
		"a lone surrogate":               {sdjwt(t, sd(), raw64(`["s","name","\ud800"]`)), "unpaired surrogate"},
		"a member twice":                 {sdjwt(t, sd(), raw64(`["s","name",{"a":1,"\u0061":2}]`)), "named twice"},
		"a number beyond doubles":        {sdjwt(t, sd(), raw64(`["s","name",1e999]`)), "outside IEEE doubles"},
		"an object for a disclosure":     {sdjwt(t, sd(), raw64(`{"a":1}`)), "no list of two or three"},
		"one item":                       {sdjwt(t, sd(), raw64(`["s"]`)), "no list of two or three"},
		"four items":                     {sdjwt(t, sd(), raw64(`["s","a","b","c"]`)), "no list of two or three"},
		"a salt that is no string":       {sdjwt(t, sd(), raw64(`[1,"a","b"]`)), "salt"},
		"a name that is no string":       {disclosing("s", 1, "x"), "the name in a disclosure"},
		"the name _sd":                   {disclosing("s", "_sd", []any{}), "the name in a disclosure"},
		"the name ...":                   {disclosing("s", "...", "x"), "the name in a disclosure"},
		"the name _sd_alg":               {disclosing("s", "_sd_alg", "sha-512"), "the name in a disclosure"},
		"a disclosure twice":             {sdjwt(t, sd(dug(name)), name, name), "a disclosure comes twice"},
		"an unreferenced disclosure":     {sdjwt(t, sd(dug(name)), name, other), "referred to by no digest"},
		"a digest twice":                 {sdjwt(t, sd(dug(name), dug(name)), name), "a digest stands twice"},
		"a decoy twice":                  {sdjwt(t, object{"_sd": []any{dug("d")}, "l": []any{object{"...": dug("d")}}}), "a digest stands twice"},
		"two disclosures of one name":    {sdjwt(t, sd(dug(name), dug(other)), name, other), "there already"},
		"a claim that stands there":      {sdjwt(t, object{"name": "Omar", "_sd": []any{dug(name)}}, name), "there already"},
		"an element among members":       {sdjwt(t, sd(dug(element)), element), "not of the kind"},
		"a member among elements":        {sdjwt(t, object{"l": []any{object{"...": dug(name)}}}, name), "not of the kind"},
		"_sd that is no list":            {sdjwt(t, object{"_sd": dug(name)}, name), "_sd is no list"},
		"_sd of numbers":                 {sdjwt(t, sd(1)), "not one of the hash"},
		"a digest too short":             {sdjwt(t, sd(dug(name)[:42])), "not one of the hash"},
		"a digest padded":                {sdjwt(t, sd(dug(name)+"=")), "not one of the hash"},
		"... beside others":              {sdjwt(t, object{"l": []any{object{"...": dug(name), "a": 1}}}), "stands alone"},
		"... that is no string":          {sdjwt(t, object{"l": []any{object{"...": 1}}}), "not one of the hash"},
		"... in no list":                 {sdjwt(t, object{"o": object{"...": dug(name)}}), "reserved"},
		"_sd_alg inside":                 {sdjwt(t, object{"o": object{"_sd_alg": "sha-256"}}), "reserved"},
		"too deep in all":                {sdjwt(t, sd(dug(shown(t, "s", "a", deep))), shown(t, "s", "a", deep)), "levels"},
		"too many disclosures":           {sdjwt(t, sd(), many...), "at most"},
		"too many digests":               {sdjwt(t, sd(decoys...)), "more than"},
		"a digest in cnf":                {sdjwt(t, object{"cnf": object{"_sd": []any{dug("d")}}}), "cnf is never disclosed"},
		"a digest in status":             {sdjwt(t, object{"status": object{"status_list": object{"_sd": []any{dug("d")}}}}), "status is never disclosed"},
		"cnf with a method not known":    {sdjwt(t, object{"cnf": object{"x5t#S256": "x"}}), "cnf is not"},
		"cnf with two methods":           {sdjwt(t, object{"cnf": object{"jwk": object{}, "kid": "did:example:a#1"}}), "cnf is not"},
		"cnf with a kid of no DID":       {sdjwt(t, object{"cnf": object{"kid": "1"}}), "cnf is not"},
		"cnf that is no object":          {sdjwt(t, object{"cnf": "x"}), "cnf is not"},
		"a binding of another type":      {sdjwt(t, object{}) + token(t, "JWT", binding()), "key binding is not of the type"},
		"a binding without a nonce":      {sdjwt(t, object{}) + token(t, typeKeyBinding, with(binding(), object{"nonce": nil})), "lacks nonce"},
		"a binding without iat":          {sdjwt(t, object{}) + token(t, typeKeyBinding, with(binding(), object{"iat": nil})), "lacks nonce"},
		"a binding without sd_hash":      {sdjwt(t, object{}) + token(t, typeKeyBinding, with(binding(), object{"sd_hash": nil})), "lacks nonce"},
		"a binding for a list of one":    {sdjwt(t, object{}) + token(t, typeKeyBinding, with(binding(), object{"aud": []any{"a"}})), "lacks nonce"},
		"a binding that is no JWT":       {sdjwt(t, object{}) + "x", "three parts"},
		"something after the binding":    {sdjwt(t, object{}) + token(t, typeKeyBinding, binding()) + "~", "a disclosure is"},
		"the JSON serialization":         {`{"payload":"e30","protected":"e30","signature":"","header":{"disclosures":["~"]}}~`, "three parts"},
		"white space around a separator": {strings.Replace(sdjwt(t, sd(dug(name)), name), "~", " ~", 1), "strict base64url"},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			refusedAs(t, c.raw, c.why)
		})
	}
	for claim := range plain {
		refusedAs(t, disclosing("s", claim, "x"), claim+" is never disclosed")
	}
}

func binding() object {
	return object{"nonce": "n", "aud": "a", "iat": 1.0, "sd_hash": dug("x")}
}

// A claim of a party may have the name of one that stands in the clear.
func TestSDJWTNamesInside(t *testing.T) {
	t.Parallel()
	status := shown(t, "s", "status", "married")
	s, err := ParseSDJWT(sdjwt(t, object{"holder": object{"_sd": []any{dug(status)}}}, status))
	if err != nil || s.Claims["holder"].(map[string]any)["status"] != "married" {
		t.Errorf("%v, %v", s, err)
	}
}
