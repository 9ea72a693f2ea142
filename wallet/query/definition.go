package query

import (
	"slices"
	"strconv"

	"github.com/procura-dev/procura/verifier/vc"
)

// A definition is a Presentation Definition (Presentation Exchange 2.1.1). What is
// read is what its published JSON Schema lets through; more is refused.
type definition struct {
	id           string
	formats      designations
	descriptors  []*descriptor
	requirements []*requirement // nil: all descriptors
}

// A descriptor is an Input Descriptor.
type descriptor struct {
	id, limit     string // limit is required, preferred or empty
	groups        []string
	formats, also designations // both are to be kept; nil: any
	fields        []*field
	selfIssued    bool // subject_is_issuer
	aboutHolder   bool // is_holder
}

// A field is one of a constraint's.
type field struct {
	id       string
	paths    []jsonPath
	filter   *filter
	optional bool
}

// designations are the claim formats that are accepted, and the algorithms, types
// of proof or cryptosuites of each; nil: any of them.
type designations map[string][]string

// designated are the formats that a designation of DIF's registry, or of OpenID,
// stands for. Others, as ac_vp, are no format of ours.
var designated = map[string][]string{
	"jwt": {vc.FormatVCJWT11, vc.FormatVCJOSE}, "jwt_vc": {vc.FormatVCJWT11}, "jwt_vc_json": {vc.FormatVCJWT11}, "vc+jwt": {vc.FormatVCJOSE},
	"ldp": {vc.FormatLD, vc.FormatJCS}, "ldp_vc": {vc.FormatLD, vc.FormatJCS},
	"dc+sd-jwt": {formatSDJWT}, "vc+sd-jwt": {formatSDJWT},
}

// usual is how a credential's format is designated where the verifier does not say.
var usual = map[string]string{
	vc.FormatVCJWT11: "jwt_vc", vc.FormatVCJOSE: "vc+jwt", vc.FormatLD: "ldp_vc", vc.FormatJCS: "ldp_vc", formatSDJWT: "dc+sd-jwt",
}

func readExchange(o object, q *Query) {
	d := &definition{id: o.text("id", true), formats: readFormats(o)}
	o.words("name", "purpose")
	if _, framed := o.get("frame", false); framed {
		o.wrong(ErrUnsupported, o.at("frame"), "is not understood here: ask by QueryByFrame")
	}
	ids, fields := map[string]bool{}, map[string]bool{}
	for _, each := range o.objects("input_descriptors", true, maxParts) {
		p := readDescriptor(each, ids, fields)
		p.also = d.formats
		d.descriptors = append(d.descriptors, p)
	}
	d.requirements = d.readRequirements(o.optional("submission_requirements"), 0)
	o.closed()
	for _, p := range d.descriptors {
		q.parts = append(q.parts, part{p.id, d.requirements == nil, p.find})
	}
	q.settle = d.settle
}

// optional are the objects of a list that may be absent or empty.
func (o object) optional(name string) []object {
	if l, ok := o.members[name].([]any); ok && len(l) == 0 {
		o.known[name] = true
		return nil
	}
	return o.objects(name, false, maxList)
}

// unique reads an id that no other may have.
func (o object) unique(required bool, ids map[string]bool) string {
	id := o.text("id", required)
	if id != "" && ids[id] {
		o.malformed(o.at("id"), "is another's too")
	}
	ids[id] = true
	return id
}

func readDescriptor(o object, ids, fields map[string]bool) *descriptor {
	d := &descriptor{id: o.unique(true, ids), formats: readFormats(o)}
	o.words("name", "purpose")
	if l, ok := o.members["group"].([]any); !ok || len(l) > 0 {
		d.groups = o.texts("group", false)
	}
	o.known["group"] = true
	v, _ := o.get("constraints", true)
	d.readConstraints(o.object(v, o.at("constraints")), fields)
	o.closed()
	return d
}

const (
	required  = "required"
	preferred = "preferred"
)

func (d *descriptor) readConstraints(o object, ids map[string]bool) {
	d.limit = o.oneOf("limit_disclosure", false, required, preferred)
	own := []string{}
	for _, each := range o.optional("fields") {
		f := readField(each, ids)
		d.fields, own = append(d.fields, f), append(own, f.id)
	}
	d.selfIssued = o.oneOf("subject_is_issuer", false, required, preferred) == required
	d.aboutHolder = readRelation(o, "is_holder", own)
	if readRelation(o, "same_subject", nil) {
		o.wrong(ErrUnsupported, o.at("same_subject"), "cannot be required here")
	}
	readStatuses(o)
	o.closed()
}

// readRelation reads a relational constraint, and whether it is required. Its
// fields are among own, or anywhere where that is nil.
func readRelation(o object, name string, own []string) (must bool) {
	for _, each := range o.optional(name) {
		must = each.oneOf("directive", true, required, preferred) == required || must
		for _, id := range each.texts("field_id", true) {
			if own != nil && !slices.Contains(own, id) {
				each.malformed(each.at("field_id"), "names a field that there is not")
			}
		}
		each.closed()
	}
	return must
}

// readStatuses refuses what a wallet would have to fetch a status for.
func readStatuses(o object) {
	v, ok := o.get("statuses", false)
	if !ok {
		return
	}
	all := o.object(v, o.at("statuses"))
	for _, name := range []string{"active", "suspended", "revoked"} {
		v, ok := all.get(name, false)
		if !ok {
			continue
		}
		one := o.object(v, all.at(name))
		if one.oneOf("directive", false, required, "allowed", "disallowed") != "allowed" {
			o.wrong(ErrUnsupported, one.path, "cannot be told here: no status is fetched")
		}
		one.texts("type", false)
		one.closed()
	}
	all.closed()
}

func readField(o object, ids map[string]bool) *field {
	f := &field{id: o.unique(false, ids), optional: o.flag("optional", false)}
	o.words("name", "purpose")
	o.flag("intent_to_retain", false)
	for i, text := range o.texts("path", true) {
		f.paths = append(f.paths, o.readPath(text, o.at("path")+"/"+strconv.Itoa(i)))
	}
	v, filtered := o.get("filter", false)
	if filtered {
		f.filter = o.readFilter(v, o.at("filter"))
	}
	if o.oneOf("predicate", false, required, preferred) == required {
		o.wrong(ErrUnsupported, o.at("predicate"), "cannot be proved here: the value itself would be shown")
	}
	if _, given := o.members["predicate"]; given && !filtered {
		o.malformed(o.at("filter"), "is required beside predicate")
	}
	o.closed()
	return f
}

// readFormats reads what a format is designated as, and how it may be secured.
func readFormats(o object) designations {
	v, ok := o.get("format", false)
	if !ok {
		return nil
	}
	out, all := designations{}, o.object(v, o.at("format"))
	for name, how := range all.members {
		one := o.object(how, all.at(name))
		out[name] = nil
		for _, member := range []string{"alg", "proof_type", "cryptosuite", "sd-jwt_alg_values"} {
			out[name] = append(out[name], one.texts(member, false)...)
		}
		one.texts("kb-jwt_alg_values", false) // of the key that binds: whoever signs sees to it
		if known := designated[name] != nil; known {
			one.closed()
		}
	}
	if len(out) == 0 {
		o.malformed(o.at("format"), "must name a format")
	}
	return out
}
