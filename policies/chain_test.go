package policies

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"reflect"
	"slices"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/procura-dev/procura/policies/facts"
)

// chainFixture is the fixture with helpers, whom parents may appoint, and two
// grandparents together.
func chainFixture(t testing.TB) map[string]any {
	t.Helper()
	f := fixture(t)
	permissions := f["permissions"].(map[string]any)
	for _, name := range []string{"delegate", "successor", "gather", "guide", "sign"} {
		permissions[name] = map[string]any{"audit": "none", "procedures": []any{}, "text": name}
	}
	roles := f["roles"].(map[string]any)
	for i, name := range []string{"helper", "driver"} {
		roles[name] = map[string]any{"index": 3 + i}
	}
	variants := f["variants"].(map[string]any)
	variants["Helper"] = map[string]any{
		"form": "D", "holderType": "Person", "proxiedType": "Child",
		"roles": map[string]any{"helper": true, "driver": true}, "rationales": map[string]any{}, "constraints": []any{},
		"identification": []any{[]any{"firstName", "birthDate"}}, "match": map[string]any{"firstName": "caseless", "birthDate": "date"},
		"validity": map[string]any{"from": "optional", "until": "optional", "status": "none"},
	}
	f["issuers"] = append(f["issuers"].([]any),
		map[string]any{"variants": map[string]any{"Helper": true, "ChildGuardian": true}, "by": "chain"})
	both := map[string]any{"ChildGuardian": true, "Helper": true}
	helpers := map[string]any{"roles": []any{"helper", "driver"}, "op": "in"}
	for _, r := range []struct {
		of   map[string]any
		rule any
	}{
		{both, rule("delegate", map[string]any{"any": []any{map[string]any{"roles": "parent"}, map[string]any{"roles": "grandparent", "n": 2.0}, helpers}})},
		{both, rule("successor", map[string]any{"roles": []any{"parent", "helper"}, "op": "in"})},
		{both, rule("gather", map[string]any{"any": []any{map[string]any{"roles": []any{"helper", "driver"}, "op": "in", "n": 2.0}, map[string]any{"roles": "parent"}}})},
		{both, rule("guide", map[string]any{"all": []any{map[string]any{"roles": "parent"}, helpers}})},
		{both, rule("sign", map[string]any{"roles": []any{"parent", "helper"}, "op": "in", "n": 3.0})},
	} {
		f["rules"] = append(f["rules"].([]any), map[string]any{"variants": r.of, "rule": r.rule})
	}
	f["delegation"] = map[string]any{
		"delegate": "delegate", "successor": "successor", "maxDepth": 4,
		"appoints": map[string]any{
			"parent": []any{"helper", "driver", "parent"}, "grandparent": []any{"helper"}, "helper": []any{"helper", "grandparent"},
		},
		"countsSeparately": map[string]any{"driver": true},
	}
	return f
}

func helper(role string) facts.Credential {
	c := nurse()
	c.Variant, c.Holder.Roles = "Helper", []string{role}
	c.ValidFrom, c.ValidUntil = "2026-11-02T00:00:00Z", "2026-12-01T00:00:00Z"
	c.Proxied.Rules = []any{rule("food", map[string]any{"roles": role})}
	return c
}

// hang puts a chain above c, of which the last stands directly above it; each
// holder issues the next.
func hang(c facts.Credential, above ...facts.Credential) facts.Credential {
	for i := range above {
		a := &above[i]
		a.Path, a.Digest = fmt.Sprintf("/above/%d", i), fmt.Sprint("above", i, a.Holder.ID)
		a.HolderKey, a.Parents = "key-of-"+a.Holder.ID, nil
		if i > 0 {
			a.Parents, a.Issuer, a.IssuerRegistries = []int{i - 1}, above[i-1].Holder.ID, []string{}
		}
	}
	c.Ancestors, c.Parents = above, []int{len(above) - 1}
	c.Issuer, c.IssuerRegistries = above[len(above)-1].Holder.ID, []string{}
	return c
}

func held(holder string, c facts.Credential) facts.Credential {
	c.Holder.ID = holder
	return c
}

// link changes the credential presented and the one above it.
type link func(leaf, above *facts.Credential)

func linked(permission string, change link) *facts.Input {
	in := asked(permission, presentation(0, "did:example:helper", hang(helper("helper"), held(parent, guardian("parent")))))
	leaf := &in.Presentations[0].Credentials[0]
	if change != nil {
		change(leaf, &leaf.Ancestors[0])
	}
	return in
}

// elders are two grandparents who agree to a helper.
func elders(n int) *facts.Input {
	in := linked("food", nil)
	leaf := &in.Presentations[0].Credentials[0]
	leaf.Ancestors, leaf.Parents = nil, nil
	for i := range n {
		c := hang(helper("helper"), held(fmt.Sprint("did:example:elder", i), guardian("grandparent"))).Ancestors[0]
		leaf.Ancestors, leaf.Parents = append(leaf.Ancestors, c), append(leaf.Parents, i)
	}
	leaf.Issuer = "did:example:elder0"
	return in
}

// helpers are n people whom one parent appointed, after those who come besides.
func helpers(permission, role string, n int, besides ...facts.Presentation) *facts.Input {
	all := besides
	for i := range n {
		all = append(all, presentation(len(all), fmt.Sprint("did:example:helper", i), hang(helper(role), held(parent, guardian("parent")))))
	}
	return asked(permission, all...)
}

// attested is a helper of a parent whose credential bears a trigger.
func attested(by, key string) *facts.Input {
	in := linked("food", func(_, above *facts.Credential) { above.Holder.Constraints["trigger"] = "flood" })
	digest, err := facts.Digest(map[string]any{"trigger": "flood"})
	if err != nil {
		panic(err)
	}
	p := &in.Presentations[0]
	p.Circumstances.Attestations = []facts.Attestation{{
		Issuer: by, Registries: []string{"camp-attesters"}, Key: key, IssuedAt: "2026-11-22T11:00:00Z",
		Constraint: digest, Credential: p.Credentials[0].Ancestors[0].Digest,
	}}
	return in
}

func parents(n int) (out []facts.Presentation) {
	for i := range n {
		out = append(out, presentation(i, fmt.Sprint("did:example:parent", i), guardian("parent")))
	}
	return out
}

func long(n int) *facts.Input {
	above := []facts.Credential{held(parent, guardian("parent"))}
	for i := range n {
		above = append(above, held(fmt.Sprint("did:example:middle", i), helper("helper")))
	}
	return asked("food", presentation(0, "did:example:helper", hang(helper("helper"), above...)))
}

// out are the codes that come with a credential that is out.
func out(codes ...string) []string {
	return slices.Sorted(slices.Values(append(codes, "holder.no_credential", "permission.ungranted")))
}

var chains = []struct {
	name  string
	input *facts.Input
	want  []string // codes; nil: permit
}{
	{"a parent's helper", linked("food", nil), nil},
	{"what the parent could not do", linked("adopt", func(leaf, _ *facts.Credential) {
		leaf.Proxied.Rules = []any{rule("adopt", map[string]any{"roles": "helper"})}
	}), []string{"chain.widened"}},
	{"a role that the parent may not appoint", linked("food", func(leaf, _ *facts.Credential) {
		leaf.Form, leaf.Variant, leaf.Holder.Type, leaf.Holder.RationaleURI = "G", "ChildGuardian", "Guardian", kinship
		leaf.Holder.Roles, leaf.Holder.Constraints = []string{"grandparent"}, map[string]any{"endTime": "2026-12-01"}
		leaf.Proxied.Rules = []any{rule("food", map[string]any{"roles": "grandparent"})}
	}), out("chain.role")},
	{"the parent's role is handed on", linked("food", func(leaf, _ *facts.Credential) {
		leaf.Form, leaf.Variant, leaf.Holder.Type, leaf.Holder.RationaleURI = "G", "ChildGuardian", "Guardian", kinship
		leaf.Holder.Roles, leaf.Holder.Constraints = []string{"parent"}, map[string]any{"endTime": "2026-12-01"}
		leaf.Proxied.Rules = []any{rule("food", map[string]any{"roles": "parent"})}
	}), nil},
	{"a minute longer", linked("food", func(leaf, _ *facts.Credential) { leaf.ValidUntil = "2027-01-01T00:01:00Z" }), out("chain.validity")},
	{"without an end", linked("food", func(leaf, _ *facts.Credential) { leaf.ValidUntil = "" }), out("chain.validity")},
	{"as long as the parent", linked("food", func(leaf, _ *facts.Credential) { leaf.ValidUntil = "2027-01-01T00:00:00Z" }), nil},
	{"before the parent", linked("food", func(leaf, _ *facts.Credential) { leaf.ValidFrom = "2026-10-31T23:59:00Z" }), out("chain.validity")},
	{"without a beginning", linked("food", func(leaf, _ *facts.Credential) { leaf.ValidFrom = "" }), out("chain.validity")},
	{"a constraint of the parent's fails", linked("food", func(_, above *facts.Credential) { above.Holder.Constraints["jurisdiction"] = "MM" }), out("constraint.fails")},
	{"a constraint of the parent's cannot be known", linked("food", func(_, above *facts.Credential) { above.Holder.Constraints["trigger"] = "flood" }), out("constraint.unknown")},
	{"a parent of another child", linked("food", func(_, above *facts.Credential) { above.Proxied.Attributes["firstName"] = "Omar" }), out("chain.proxied", "chain.refused", "proxied.mismatch")},
	{"a parent of a child of another id", linked("food", func(leaf, above *facts.Credential) {
		leaf.Proxied.ID, above.Proxied.ID = "did:example:x", "did:example:y"
	}), out("chain.proxied")},
	{"a parent by nobody who may issue", linked("food", func(_, above *facts.Credential) { above.IssuerRegistries = []string{} }), out("chain.refused", "issuer.refused")},
	{"a parent whose time is over", linked("food", func(leaf, above *facts.Credential) {
		above.ValidUntil, leaf.ValidUntil = "2026-11-22T12:00:00Z", "2026-11-22T12:00:00Z"
	}), out("chain.refused", "credential.expired", "credential.expired")},
	{"somebody else's issue", linked("food", func(leaf, _ *facts.Credential) { leaf.Issuer = "did:example:stranger" }), out("chain.unlinked")},
	{"an issuer who is listed, with a chain that does not hold", linked("food", func(leaf, above *facts.Credential) {
		leaf.Variant, leaf.Holder.Roles, above.Holder.Roles = "Nurse", []string{"nurse"}, []string{"grandparent"}
		leaf.Issuer, above.Holder.ID = clinic, clinic
	}), out("chain.role", "chain.undelegated", "issuer.refused")},
	{"no chain where one is needed", linked("food", func(leaf, _ *facts.Credential) { leaf.Ancestors, leaf.Parents = nil, nil }), out("issuer.refused")},
	{"parents without ancestors", linked("food", func(leaf, _ *facts.Credential) { leaf.Ancestors = nil }), out("chain.malformed", "chain.undelegated", "chain.unlinked")},
	{"ancestors without parents", linked("food", func(leaf, _ *facts.Credential) { leaf.Parents = nil }), out("chain.malformed", "chain.undelegated", "chain.unlinked")},
	{"a listed issuer's, of which a chain may be withheld", linked("food", func(leaf, _ *facts.Credential) {
		*leaf = held("did:example:helper", guardian("parent"))
		leaf.Path, leaf.Digest, leaf.Withheld = "/presentations/0/verifiableCredential/0", "digest00", true
	}), out("disclosure.missing")},
	{"a ward who acts for itself", linked("food", func(leaf, above *facts.Credential) {
		leaf.Proxied.ID, leaf.Holder.ID, above.Proxied.ID = "did:example:mya", "did:example:mya", "did:example:mya"
	}), nil},
	{"what a parent's limit needs is attested", attested("did:example:witness", "key-of-witness"), nil},
	{"by the parent", attested(parent, "another-key"), out("attestation.refused", "constraint.unknown")},
	{"by the parent's key", attested("did:example:witness", "key-of-"+parent), out("attestation.refused", "constraint.unknown")},
	{"chains of two children", func() *facts.Input {
		in := helpers("food", "helper", 2)
		for i, id := range []string{"did:example:x", "did:example:y"} {
			in.Presentations[i].Credentials[0].Ancestors[0].Proxied.ID = id
		}
		return in
	}(), []string{"holder.no_credential", "holder.no_credential", "permission.ungranted", "proxied.ambiguous", "proxied.ambiguous"}},
	{"one grandparent", elders(1), out("chain.undelegated")},
	{"two grandparents", elders(2), nil},
	{"four links", long(2), nil},
	{"five links", long(3), out("chain.too_long")},
	{"a guardian below a delegate", func() *facts.Input {
		above := []facts.Credential{held(parent, guardian("parent")), held("did:example:middle", helper("helper"))}
		c := guardian("grandparent")
		c.ValidFrom, c.ValidUntil = "2026-11-03T00:00:00Z", "2026-11-30T00:00:00Z"
		return asked("food", presentation(0, "did:example:x", hang(c, above...)))
	}(), out("chain.form")},
	{"ten helpers of one parent are one", helpers("gather", "helper", 9), []string{"permission.ungranted"}},
	{"unless the framework counts them apart", helpers("gather", "driver", 2), nil},
	{"a parent and who is appointed by the same are one", helpers("guide", "helper", 1, presentation(0, parent, guardian("parent"))), []string{"permission.ungranted"}},
	{"an assistant alone does not sign", helpers("sign", "helper", 1), []string{"permission.ungranted"}},
	{"an assistant signs for a third", helpers("sign", "helper", 1, parents(2)...), nil},
	{"an assistant is nobody beside his parent", helpers("sign", "helper", 1, append(parents(1), presentation(1, parent, guardian("parent")))...), []string{"permission.ungranted"}},
}

func TestDecideChains(t *testing.T) {
	t.Parallel()
	engine := engineOf(t, chainFixture(t))
	for _, test := range chains {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			in := clonedInput(t, test.input)
			got, err := engine.Decide(t.Context(), in)
			if err != nil {
				t.Fatal(err)
			}
			var codes []string
			for _, r := range got.Reasons {
				codes = append(codes, r.Code)
			}
			if got.Decision == Permit != (test.want == nil) || got.Decision == Deny && !slices.Equal(codes, test.want) {
				t.Errorf("%s %q, want %q\n%+v", got.Decision, codes, test.want, got.Reasons)
			}
		})
	}
}

// Two whom one person appointed, under two DIDs, count as one: as two whom one DID did.
func TestDecideChainsByPerson(t *testing.T) {
	t.Parallel()
	f := chainFixture(t)
	f["uniquePerson"] = map[string]any{"attribute": "person", "issuers": []any{map[string]any{"by": "registry", "registry": "camp-issuers"}, map[string]any{"by": "chain"}}}
	engine := engineOf(t, f)
	below := func(n int, by, person string) facts.Presentation {
		c := helper("helper")
		c.Holder.Properties = map[string]any{"person": fmt.Sprint("helper ", n)}
		return presentation(n, fmt.Sprint("did:example:helper", n), hang(c, held(by, guardianNamed("parent", "person", person))))
	}
	for person, want := range map[string]string{"somebody else": Permit, "the same": Deny} {
		got, err := engine.Decide(t.Context(), asked("gather", below(0, parent, "the same"), below(1, "did:example:second", person)))
		if err != nil || got.Decision != want {
			t.Errorf("appointed by %s: %v (%v), want %s", person, got, err, want)
		}
	}
}

// clonedInput lets tests run side by side over one table.
func clonedInput(t testing.TB, in *facts.Input) *facts.Input {
	t.Helper()
	raw, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	out := new(facts.Input)
	if err := json.Unmarshal(raw, out); err != nil {
		t.Fatal(err)
	}
	return out
}

// randomChains hangs some credentials of a group below others, mostly as the
// fixture lets them.
func randomChains(r *rand.Rand, in *facts.Input) {
	for i := range in.Presentations {
		for j := range in.Presentations[i].Credentials {
			c := &in.Presentations[i].Credentials[j]
			if r.IntN(3) == 0 {
				continue
			}
			above := []facts.Credential{held(fmt.Sprintf("did:example:p%d", r.IntN(4)), guardian(pick(r, "parent", "parent", "grandparent")))}
			for range r.IntN(3) {
				above = append(above, held(fmt.Sprintf("did:example:p%d", r.IntN(6)), helper(pick(r, "helper", "driver"))))
			}
			hung := helper(pick(r, "helper", "helper", "driver", "nurse"))
			hung.Path, hung.Digest, hung.Holder.ID = c.Path, c.Digest, c.Holder.ID
			hung.Proxied.Rules = append(hung.Proxied.Rules, randomRule(r))
			*c = hang(hung, above...)
			randomLink(r, c)
		}
	}
}

// randomLink changes a chain in one place or none.
func randomLink(r *rand.Rand, c *facts.Credential) {
	a := &c.Ancestors[r.IntN(len(c.Ancestors))]
	switch r.IntN(14) {
	case 0:
		a.ValidUntil = pick(r, "2026-11-25T00:00:00Z", "2026-11-22T11:00:00Z", "")
	case 1:
		a.Holder.Constraints["jurisdiction"] = pick(r, "MM", "TH")
	case 2:
		c.Issuer = pick(r, clinic, parent)
	case 3:
		a.Proxied.Attributes = map[string]any{"firstName": pick(r, "mya", "Omar"), "birthDate": "2019-02-03"}
	case 4:
		c.Parents = pick(r, nil, []int{0}, []int{7}, []int{-1}, []int{0, 0})
	case 5:
		a.HolderKey = pick(r, "", "key-of-did:example:p1")
	case 6:
		elder := held("did:example:elder", guardian("grandparent"))
		elder.Path, elder.Digest, elder.HolderKey = "/above/elder", "elder", "key-of-elder"
		c.Ancestors, c.Parents = append(c.Ancestors, elder), append(c.Parents, len(c.Ancestors))
	case 7:
		a.Proxied.ID = pick(r, "did:example:x", "")
	}
}

// randomChain is a group of which some hang below others.
func randomChain(t *testing.T, r *rand.Rand, engine *Engine) *facts.Input {
	t.Helper()
	in := pick(r, randomGroup(r), base(), grandparents(), helpers(pick(r, "gather", "guide", "sign"), pick(r, "helper", "driver"), 1+r.IntN(3), parents(r.IntN(3))...))
	in = clonedInput(t, in)
	if r.IntN(4) > 0 {
		in.Request.Permissions = []string{pick(r, "food", "gather", "guide", "sign", "travel", "school")}
	}
	if len(in.Presentations) < 20 && r.IntN(4) > 0 {
		randomChains(r, in)
	}
	if err := facts.Derive(in, engine.framework); err != nil {
		t.Fatal(err)
	}
	return in
}

// The command opa decides chains as we do: those of the table, random ones, and
// such with odd places.
func TestStockOPADecidesChainsAlike(t *testing.T) {
	t.Parallel()
	opa, framework := startStock(t), chainFixture(t)
	engine := engineOf(t, framework)
	if opa.send(t, http.MethodPut, "/v1/data/procura/framework", framework) == nil {
		t.Fatal("opa does not take the framework")
	}
	counts := map[any]int{}
	ask := func(t *testing.T, in any) {
		t.Helper()
		want := opa.decide(t, in)
		value, err := ast.InterfaceToValue(in)
		if err != nil {
			t.Fatal(err)
		}
		got, ourErr := answered(t, engine, value)
		if ourErr != nil != (want == nil) || ourErr == nil && !reflect.DeepEqual(got, want) {
			t.Fatalf("ours %v\n%s\nopa\n%s\ninput %s", ourErr, asText(t, got), asText(t, want), asText(t, in))
		}
		decision, _ := got.(map[string]any)
		counts[decision["decision"]]++
	}
	for _, test := range chains {
		in := clonedInput(t, test.input)
		if err := facts.Derive(in, engine.framework); err != nil {
			t.Fatal(err)
		}
		ask(t, recorded(t, in))
	}
	randomly(t, 20, nil, func(t *testing.T, r *rand.Rand) {
		for range 25 {
			in := recorded(t, randomChain(t, r, engine))
			if r.IntN(4) == 0 {
				in = oddOf(r, in)
			}
			ask(t, in)
		}
	})
	t.Log(counts)
	if counts[Permit] == 0 || counts[Deny] == 0 {
		t.Errorf("got %v", counts)
	}
}
