package query

import (
	"context"
	"math"
	"strconv"
)

// A Resolved is an output of a Credential Manifest (DIF Credential Manifest 1.0,
// "Output Descriptor"; DIF Wallet Rendering, "Display Mapping Object") with what
// is to be shown to its holder taken from a credential. Nothing of it is verified.
type Resolved struct {
	Descriptor  string     `json:"descriptor_id"`
	Title       any        `json:"title,omitempty"` // a text, a number, true or false; alike below
	Subtitle    any        `json:"subtitle,omitempty"`
	Description any        `json:"description,omitempty"`
	Styles      any        `json:"styles,omitempty"` // as the manifest has them: an object, or the URI of one
	Properties  []Property `json:"properties,omitempty"`
}

// A Property is one line of what is shown.
type Property struct {
	Label  string `json:"label"`
	Value  any    `json:"value"`
	Schema any    `json:"schema,omitempty"` // as the manifest has it
}

// A mapping is where a value is found, and what stands for it otherwise.
type mapping struct {
	paths    []jsonPath
	kind     string
	fallback any
	text     string
}

// An output is an Output Descriptor.
type output struct {
	title, subtitle, description *mapping
	styles                       any
	labels                       []Property
	properties                   []*mapping
}

// ResolveManifest reads a request as [vc.ParseJSON] gives it, and resolves it: an
// object with manifest, and either credentials, a list of objects with descriptor
// and credential, or response: the presentation in which an issuer answered, with
// its credential_response. The caller bounds its size. An error is a *[Fault], or
// the context's.
func ResolveManifest(ctx context.Context, tree any) ([]Resolved, error) {
	r := &reader{}
	o := r.object(tree, "")
	v, _ := o.get("manifest", true)
	id, outputs := readManifest(o.object(v, "/manifest"))
	s := &search{Wallet: &Wallet{}, ctx: ctx, work: maxWork}
	given, err := o.outputs(s, id)
	o.closed()
	if err == nil {
		err = r.err()
	}
	if err != nil {
		return nil, err
	}
	out := make([]Resolved, len(given))
	for i, g := range given {
		d := outputs[g.descriptor]
		if d == nil {
			return nil, &Fault{Kind: ErrMalformed, Path: g.path, Why: "names an output descriptor that the manifest has not"}
		}
		if out[i], err = d.resolve(s, g.credential); err != nil {
			return nil, err
		}
		out[i].Descriptor = g.descriptor
	}
	return out, nil
}

// An issued is a credential for an output descriptor.
type issued struct {
	path, descriptor string
	credential       *Credential
}

// outputs are the credentials of a request, given one by one or in a response.
func (o object) outputs(s *search, manifest string) (out []issued, err error) {
	v, answered := o.get("response", false)
	if answered {
		return o.object(v, "/response").answered(s, manifest)
	}
	for _, each := range o.objects("credentials", true, maxParts) {
		raw, _ := each.get("credential", true)
		g := issued{each.path, each.text("descriptor", true), nil}
		g.credential = each.credential(raw, "credential")
		each.closed()
		out = append(out, g)
	}
	return out, nil
}

// answered are those of a Credential Response, where its descriptor_map says that
// they are ("Credential Response"). What else the presentation has is not read.
func (o object) answered(s *search, manifest string) (out []issued, err error) {
	v, _ := o.get("credential_response", true)
	response := o.object(v, o.at("credential_response"))
	if response.text("manifest_id", true) != manifest {
		o.malformed(response.at("manifest_id"), "is another manifest's")
	}
	v, _ = response.get("fulfillment", true) // a denial fulfils nothing
	fulfilled := o.object(v, response.at("fulfillment"))
	all := &Credential{decoded: o.members, size: size(o.members)}
	for _, each := range fulfilled.objects("descriptor_map", true, maxParts) {
		g := issued{each.path, each.text("id", true), nil}
		path := each.readPath(each.text("path", true), each.at("path"))
		if each.fault != nil {
			return nil, each.err()
		}
		_, raw, _, err := path.first(s, all)
		if err != nil {
			return nil, err
		}
		g.credential = each.credential(raw, "path")
		out = append(out, g)
	}
	return out, nil
}

// credential reads one, which a member has or leads to.
func (o object) credential(raw any, member string) *Credential {
	c, err := Read("", raw)
	if err != nil {
		o.malformed(o.at(member), "must be, or lead to, a credential that can be read")
	}
	return c
}

func (d *output) resolve(s *search, c *Credential) (out Resolved, err error) {
	out.Styles = d.styles
	for m, to := range map[*mapping]*any{d.title: &out.Title, d.subtitle: &out.Subtitle, d.description: &out.Description} {
		if *to, err = m.of(s, c); err != nil {
			return out, err
		}
	}
	for i, p := range d.labels {
		if p.Value, err = d.properties[i].of(s, c); err != nil {
			return out, err
		}
		out.Properties = append(out.Properties, p)
	}
	return out, nil
}

func readManifest(o object) (id string, outputs map[string]*output) {
	outputs = map[string]*output{}
	id = o.text("id", true)
	o.words("name", "description", "spec_version")
	for _, name := range []string{"issuer", "format", "presentation_definition"} {
		o.known[name] = true // not for what is shown
	}
	for _, each := range o.objects("output_descriptors", true, maxParts) {
		name := each.text("id", true)
		if outputs[name] != nil {
			each.malformed(each.at("id"), "is another's too")
		}
		outputs[name] = readOutput(each)
	}
	o.closed()
	return id, outputs
}

func readOutput(o object) *output {
	d := &output{}
	o.text("schema", true)
	o.words("name", "description")
	d.styles, _ = o.get("styles", false)
	v, given := o.get("display", false)
	o.closed()
	if !given {
		return d
	}
	if _, is := v.(string); is {
		o.wrong(ErrUnsupported, o.at("display"), "is not fetched: it must stand in the manifest")
		return d
	}
	all := o.object(v, o.at("display"))
	d.title, d.subtitle, d.description = all.mapping("title"), all.mapping("subtitle"), all.mapping("description")
	for _, each := range all.optional("properties") {
		d.labels = append(d.labels, Property{Label: each.text("label", true), Schema: each.members["schema"]})
		d.properties = append(d.properties, readMapping(each))
	}
	all.closed()
	return d
}

func (o object) mapping(name string) *mapping {
	v, given := o.get(name, false)
	if !given {
		return nil
	}
	return readMapping(o.object(v, o.at(name)))
}

// readMapping reads a text, or paths with a schema: the type of what is wanted.
func readMapping(o object) *mapping {
	m := &mapping{text: o.text("text", false)}
	if m.text != "" {
		o.closed()
		return m
	}
	for i, text := range o.texts("path", true) {
		m.paths = append(m.paths, o.readPath(text, o.at("path")+"/"+strconv.Itoa(i)))
	}
	if v, given := o.get("schema", true); given {
		schema := o.object(v, o.at("schema"))
		m.kind = schema.oneOf("type", true, "string", "boolean", "number", "integer")
		schema.words("format", "contentMediaType", "contentEncoding") // for who draws it
		schema.closed()
	}
	if o.words("fallback"); o.members["fallback"] != nil {
		m.fallback = o.members["fallback"]
	}
	o.closed()
	return m
}

// of is what a mapping shows of a credential: the first value of the type wanted.
func (m *mapping) of(s *search, c *Credential) (any, error) {
	if m == nil || m.text != "" {
		if m == nil {
			return nil, nil
		}
		return m.text, nil
	}
	for _, p := range m.paths {
		_, v, ok, err := p.first(s, c)
		if err != nil {
			return nil, err
		}
		if ok && m.shows(v) {
			return v, nil
		}
	}
	return m.fallback, nil
}

func (m *mapping) shows(v any) bool {
	switch v := v.(type) {
	case string:
		return m.kind == "string"
	case bool:
		return m.kind == "boolean"
	case float64:
		return m.kind == "number" || m.kind == "integer" && v == math.Trunc(v)
	}
	return false
}
