package policies

import (
	"strings"

	"github.com/procura-dev/procura/policies/facts"
)

// A denial is one change to the base input that must deny, and the codes of the
// reasons that the decision then gives, in order.
type denial struct {
	name   string
	change func(in *facts.Input)
	codes  []string
}

func credential(in *facts.Input) *facts.Credential { return &in.Presentations[0].Credentials[0] }

// lost is what a decision says, beside the fault, once its only credential is out.
func lost(fault string) []string {
	codes := []string{fault, "holder.no_credential", "permission.ungranted"}
	if fault > "holder.no_credential" {
		codes[0], codes[1] = codes[1], codes[0]
	}
	if fault > "permission.ungranted" {
		codes[1], codes[2] = codes[2], codes[1]
	}
	return codes
}

var denials = []denial{
	{"no permission is asked", func(in *facts.Input) { in.Request.Permissions = nil }, []string{"policy.failed"}},
	{"no presentation", func(in *facts.Input) { in.Presentations = nil }, []string{"permission.ungranted"}},
	{"no credential", func(in *facts.Input) { in.Presentations[0].Credentials = nil }, []string{"holder.no_credential", "permission.ungranted"}},
	{"no rule", func(in *facts.Input) { credential(in).Proxied.Rules = nil }, []string{"permission.ungranted"}},
	{"an undefined permission", func(in *facts.Input) { in.Request.Permissions = []string{"fly"} }, []string{"permission.undefined"}},
	{"a permission that nobody grants", func(in *facts.Input) { in.Request.Permissions = []string{"adopt"} }, []string{"permission.ungranted"}},
	{"one of two permissions", func(in *facts.Input) { in.Request.Permissions = []string{"food", "adopt"} }, []string{"permission.ungranted"}},
	{"what the permission requires", func(in *facts.Input) { in.Request.Permissions = []string{"surgery"} }, []string{"permission.requires"}},

	{"another framework", func(in *facts.Input) { credential(in).TrustFrameworkURI = "https://other.example/f" }, lost("framework.mismatch")},
	{"another version", func(in *facts.Input) { credential(in).Named = "1.1.0" }, lost("framework.mixed")},
	{"an unknown variant", func(in *facts.Input) { credential(in).Variant = "Uncle" }, lost("variant.undefined")},
	{"the variant under another form", func(in *facts.Input) { credential(in).Form = "D" }, lost("variant.undefined")},
	{"the request's variant", func(in *facts.Input) { in.Request.Framework.Variant = "Nurse" }, lost("variant.refused")},

	{"an unlisted issuer", func(in *facts.Input) { credential(in).IssuerRegistries = []string{} }, lost("issuer.refused")},
	{"an issuer of another registry", func(in *facts.Input) { credential(in).IssuerRegistries = []string{"others"} }, lost("issuer.refused")},
	{"an issuer of another variant", func(in *facts.Input) { c := credential(in); c.Issuer, c.IssuerRegistries = clinic, nil }, lost("issuer.refused")},
	{"a delegator's own word where none may delegate", func(in *facts.Input) {
		c := credential(in)
		c.IssuerRegistries, c.Proxied.ID, in.Request.Proxied.ID = nil, c.Issuer, c.Issuer
	}, lost("issuer.refused")},

	{"the holder's type", func(in *facts.Input) { credential(in).Holder.Type = "Person" }, lost("holder.type")},
	{"the proxied's type", func(in *facts.Input) { credential(in).Proxied.Type = "Pet" }, lost("proxied.type")},
	{"no role", func(in *facts.Input) { credential(in).Holder.Roles = []string{} }, lost("role.refused")},
	{"a role of another variant", func(in *facts.Input) { credential(in).Holder.Roles = []string{"nurse"} }, lost("role.refused")},
	{"one bad role beside a good one", func(in *facts.Input) { credential(in).Holder.Roles = []string{"parent", "nurse"} }, lost("role.refused")},
	{"an undefined role", func(in *facts.Input) { credential(in).Holder.Roles = []string{"king"} }, lost("role.refused")},
	{"no rationale", func(in *facts.Input) { credential(in).Holder.RationaleURI = "" }, lost("rationale.missing")},
	{"a rationale that the variant refuses", func(in *facts.Input) { credential(in).Holder.RationaleURI = "https://camp.example/framework#court" }, lost("rationale.refused")},
	{"an unknown rationale", func(in *facts.Input) { credential(in).Holder.RationaleURI = "https://camp.example/framework#x" }, lost("rationale.refused")},
	{"no auditURI", func(in *facts.Input) { credential(in).AuditURI = "" }, lost("audit.missing")},

	{"no beginning", func(in *facts.Input) { credential(in).ValidFrom = "" }, lost("credential.undated")},
	{"no end", func(in *facts.Input) { credential(in).ValidUntil = "" }, lost("credential.undated")},
	{"a beginning beyond the skew", func(in *facts.Input) { credential(in).ValidFrom = "2026-11-22T12:01:01Z" }, lost("credential.not_yet_valid")},
	{"an end now", func(in *facts.Input) { credential(in).ValidUntil = in.Now }, lost("credential.expired")},
	{"an end within the skew", func(in *facts.Input) { credential(in).ValidUntil = "2026-11-22T11:59:59Z" }, lost("credential.expired")},
	{"too long a life", func(in *facts.Input) { credential(in).ValidUntil = "2027-11-02T00:00:00Z" }, lost("credential.too_long")},
	{"an unreadable beginning", func(in *facts.Input) { credential(in).ValidFrom = "soon" }, lost("credential.malformed")},
	{"an unreadable end", func(in *facts.Input) { credential(in).ValidUntil = "never" }, lost("credential.malformed")},

	{"an undefined constraint", func(in *facts.Input) { credential(in).Holder.Constraints["agent"] = "x" }, lost("constraint.undefined")},
	{"no required constraint", func(in *facts.Input) {
		delete(credential(in).Holder.Constraints, "startTime")
		delete(credential(in).Holder.Constraints, "endTime")
	}, lost("constraint.missing")},
	{"no constraints at all", func(in *facts.Input) { credential(in).Holder.Constraints = nil }, lost("constraint.missing")},
	{"an unreadable constraint", func(in *facts.Input) { credential(in).Holder.Constraints["endTime"] = "soon" }, lost("constraint.malformed")},
	{"an end time now", func(in *facts.Input) { credential(in).Holder.Constraints["endTime"] = in.Now }, lost("constraint.fails")},
	{"a start time to come", func(in *facts.Input) { credential(in).Holder.Constraints["startTime"] = "2026-11-23" }, lost("constraint.fails")},
	{"another country", func(in *facts.Input) { in.Presentations[0].Circumstances.Place.Codes = []string{"MM"} }, lost("constraint.fails")},
	{"two countries", func(in *facts.Input) { in.Presentations[0].Circumstances.Place.Codes = []string{"TH", "MM"} }, lost("constraint.fails")},
	{"too far", func(in *facts.Input) { *in.Presentations[0].Circumstances.Place.Lat = 15 }, lost("constraint.fails")},
	{"a circle that reaches beyond", func(in *facts.Input) { *in.Presentations[0].Circumstances.Place.AccuracyM = 21000 }, lost("constraint.fails")},
	{"another jurisdiction", func(in *facts.Input) { in.Presentations[0].Circumstances.Jurisdiction.Value = "MM" }, lost("constraint.fails")},
	{"no place", func(in *facts.Input) { in.Presentations[0].Circumstances.Place = nil }, lost("constraint.unknown")},
	{"no accuracy", func(in *facts.Input) { in.Presentations[0].Circumstances.Place.AccuracyM = nil }, lost("constraint.unknown")},
	{"no place codes", func(in *facts.Input) { in.Presentations[0].Circumstances.Place.Codes = nil }, lost("constraint.unknown")},
	{"no jurisdiction", func(in *facts.Input) { in.Presentations[0].Circumstances.Jurisdiction = nil }, lost("constraint.unknown")},
	{"a place by the device", func(in *facts.Input) { in.Presentations[0].Circumstances.Place.Source = "device" }, lost("constraint.unknown")},
	{"a text that nobody attests", func(in *facts.Input) { credential(in).Holder.Constraints["trigger"] = "when rain falls" }, lost("constraint.unknown")},

	{"another child's name", func(in *facts.Input) { credential(in).Proxied.Attributes["firstName"] = "Aye" }, lost("proxied.mismatch")},
	{"an attribute not disclosed", func(in *facts.Input) { delete(credential(in).Proxied.Attributes, "birthDate") }, lost("proxied.mismatch")},
	{"a photo not disclosed", func(in *facts.Input) {
		in.Request.Proxied.Attributes["face"] = facts.Comparable{SHA256: strings.Repeat("0", 64)}
	}, lost("proxied.mismatch")},
	{"another id", func(in *facts.Input) {
		in.Request.Proxied.ID, credential(in).Proxied.ID = "did:example:a", "did:example:b"
	}, lost("proxied.mismatch")},
	{"an id that the credential lacks", func(in *facts.Input) { in.Request.Proxied = facts.ProxiedRequest{ID: "did:example:a"} }, lost("proxied.insufficient")},
	{"too few attributes", func(in *facts.Input) { delete(in.Request.Proxied.Attributes, "birthDate") }, lost("proxied.insufficient")},
	{"no proxied identity", func(in *facts.Input) { in.Request.Proxied = facts.ProxiedRequest{} }, lost("proxied.insufficient")},

	{"a stale presentation", func(in *facts.Input) { in.Presentations[0].SignedAt = "2026-11-22T11:54:29Z" }, lost("presentation.stale")},
	{"a presentation of the future", func(in *facts.Input) { in.Presentations[0].SignedAt = "2026-11-22T12:00:31Z" }, lost("presentation.future")},
	{"a receipt in the future", func(in *facts.Input) {
		in.Presentations[0].SignedAt, in.Presentations[0].ReceivedAt = "2026-11-22T12:01:01Z", "2026-11-22T12:01:01Z"
	}, lost("presentation.future")},
	{"an undated presentation to a caller's nonce", func(in *facts.Input) { in.Presentations[0].SignedAt, in.Request.OpenedAt = "", "" }, lost("presentation.undated")},
	{"an unreadable signing time", func(in *facts.Input) { in.Presentations[0].SignedAt = "yesterday" }, lost("presentation.undated")},
	{"a stale group", func(in *facts.Input) {
		in.Presentations[0].SignedAt, in.Presentations[0].ReceivedAt = "2026-11-22T10:59:30Z", "2026-11-22T10:59:59Z"
	}, lost("group.stale")},
	{"an unreadable receipt", func(in *facts.Input) { in.Presentations[0].ReceivedAt = "" }, []string{"group.stale", "holder.no_credential", "permission.ungranted", "presentation.future"}},

	{"a rule with a stray member", func(in *facts.Input) {
		credential(in).Proxied.Rules = []any{map[string]any{"grant": "food", "when": map[string]any{"roles": "parent"}, "x": 1.0}}
	}, []string{"permission.ungranted", "sgl.invalid"}},
	{"a rule that mixes forms", func(in *facts.Input) {
		credential(in).Proxied.Rules = []any{rule("food", map[string]any{"roles": "parent", "id": parent})}
	}, []string{"permission.ungranted", "sgl.invalid"}},
	{"a rule for another id", func(in *facts.Input) {
		credential(in).Proxied.Rules = []any{rule("food", map[string]any{"id": "did:example:other"})}
	}, []string{"permission.ungranted"}},
	{"two where there is one", func(in *facts.Input) {
		credential(in).Proxied.Rules = []any{rule("food", map[string]any{"roles": "parent", "n": 2.0})}
	}, []string{"permission.ungranted"}},
	{"a name that is not defined", func(in *facts.Input) {
		credential(in).Proxied.Rules = []any{rule("feast", map[string]any{"roles": "parent"})}
	}, []string{"permission.undefined", "permission.ungranted"}},
	{"too many rules", func(in *facts.Input) {
		for range 60 {
			credential(in).Proxied.Rules = append(credential(in).Proxied.Rules, rule("food", map[string]any{"roles": "parent"}))
		}
	}, []string{"permission.ungranted", "sgl.too_large"}},
	{"an obligation that nobody can perform", func(in *facts.Input) { in.Request.SupportedObligations = []string{"audit"} }, []string{"obligation.unsupported"}},
}
