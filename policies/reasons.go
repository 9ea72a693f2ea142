package policies

import (
	"bytes"
	"fmt"
)

// A ReasonDef is one row of the published table of reasons (docs/reasons.md).
// A code never changes its meaning.
type ReasonDef struct {
	Code   string
	Text   string // what it says, to a verifier's developer
	Source string // where it is written: a section of docs/semantics.md
}

// Reasons are all codes that a decision can give, sorted.
var Reasons = []ReasonDef{
	{"algorithm.refused", "The proof's algorithm is not accepted, or is not the key's.", "3.4"},
	{"appeal.missing", "The framework demands an appealURI.", "3.1"},
	{"attestation.invalid", "An attestation's signature or form is wrong.", "5"},
	{"attestation.refused", "An attestation is by nobody whom the framework lists, or by a principal of the group.", "5"},
	{"audit.missing", "The framework demands an auditURI.", "3.1"},
	{"authz.failed", "The policy set of the wallet servers could not be evaluated, or not in time.", "8.3"},
	{"authz.inactive", "No policy set is active for the wallet servers of this tenant.", "8.3"},
	{"authz.malformed", "What the policy set gives is not a decision.", "8.3"},
	{"authz.undefined", "The policy set gives no decision.", "8.3"},
	{"chain.form", "A delegate, guardian or controller stands above a credential of a form that it may not issue.", "6"},
	{"chain.malformed", "What a credential says of those above it cannot be read, is empty, or goes in a circle.", "6"},
	{"chain.missing", "The issuer needs a credential above that lets it issue, and there is none, or not the one referred to.", "6"},
	{"chain.proxied", "The credentials of a chain differ on whom they are about.", "6"},
	{"chain.refused", "A credential above another does not count.", "6"},
	{"chain.role", "A role above may not appoint the role below.", "6"},
	{"chain.too_long", "More credentials stand above one another than a chain may have.", "6"},
	{"chain.undelegated", "Those above, they alone, were not granted the permission to hand on.", "6"},
	{"chain.unlinked", "A credential is not by whom the one above it is for.", "6"},
	{"chain.unsupported", "The credential rests on a chain of a kind that is not decided yet.", "6"},
	{"chain.validity", "A credential is valid before or after the one above it.", "6"},
	{"chain.widened", "Those above could not do, in the place of who presents, what was asked.", "6"},
	{"clock.behind", "The clock is earlier than when something was signed that the decision rests on.", "7"},
	{"constraint.fails", "A constraint of the credential does not hold in these circumstances.", "5"},
	{"constraint.malformed", "The parameters of a constraint cannot be read.", "5"},
	{"constraint.missing", "The variant requires a constraint that the credential does not have.", "2.1"},
	{"constraint.undefined", "A member of holder.constraints is taken by no constraint of the framework.", "3.1"},
	{"constraint.unknown", "Whether a constraint holds is not known: a circumstance is missing.", "5"},
	{"context.refused", "A JSON-LD document is not of the closed shape that a proof over statements demands.", "3.6"},
	{"credential.expired", "The credential is valid no longer.", "8.1"},
	{"credential.malformed", "The credential, or a known member of it, is not of its shape.", "3.4"},
	{"credential.not_yet_valid", "The credential is not valid yet.", "8.1"},
	{"credential.too_long", "The credential is valid for longer than its variant allows.", "2.1"},
	{"credential.undated", "A date that the variant demands is absent.", "2.1"},
	{"did.unresolvable", "A DID, or a key of it, could not be resolved.", "3.4"},
	{"disclosure.missing", "The credential withholds what a presentation must disclose.", "3.2"},
	{"domain.mismatch", "The presentation is for another domain.", "3.5"},
	{"framework.mismatch", "The credential's trustFrameworkURI is not the framework's.", "2.2"},
	{"framework.mixed", "The credential is of another framework or version than the decision.", "2.2"},
	{"framework.stale", "Withdrawals of this framework were heard of longer ago than its freshness.frameworkMaxAge allows.", "2.2"},
	{"framework.unknown", "No such framework or version is published.", "2.2"},
	{"framework.withdrawn", "The version is withdrawn, and no other takes its place.", "2.2"},
	{"group.stale", "A presentation was received too long before the decision.", "7"},
	{"holder.no_credential", "A proved holder has no accepted credential, and counts nowhere.", "4.2"},
	{"holder.type", "The holder is not of the variant's type.", "3.1"},
	{"holder.unbound", "The presentation's signer is not the credential's holder.", "3.5"},
	{"issuer.refused", "The framework does not let this issuer issue this variant.", "3.3"},
	{"issuer.unbound", "The credential's proof is not by a key of its issuer.", "3.4"},
	{"nonce.mismatch", "The presentation is for another challenge.", "3.5"},
	{"nonce.replayed", "The nonce was used before.", "8.1"},
	{"obligation.unsupported", "A duty that comes with the permit is one that the verifier cannot perform.", "8.3"},
	{"offline.refused", "There is no network, and the framework lets nobody decide without one (offlineMaxAge 0).", "7"},
	{"permission.requires", "What the permission requires beside its rules is not met.", "4.2"},
	{"permission.undefined", "The framework does not define this permission.", "4.1"},
	{"permission.ungranted", "No applicable rule grants this permission to the group.", "4.2"},
	{"policy.failed", "The policy could not decide.", "2.3"},
	{"presentation.future", "The presentation was signed or received in the future.", "3.5"},
	{"presentation.malformed", "The presentation cannot be read.", "8.1"},
	{"presentation.stale", "The presentation was signed too long before it was received.", "7"},
	{"presentation.undated", "The presentation does not say when it was signed.", "3.5"},
	{"proof.expired", "The proof has expired.", "3.4"},
	{"proof.invalid", "The proof does not hold.", "3.4"},
	{"proof.missing", "There is no proof.", "3.4"},
	{"proof.purpose", "The proof is not for this purpose, or its key is not for it.", "3.4"},
	{"property.conflict", "A property is given with two different values, and counts as absent.", "4.2"},
	{"proxied.ambiguous", "The credentials do not agree on who is acted for.", "3.5"},
	{"proxied.insufficient", "Request and credential do not identify the proxied sufficiently.", "3.5"},
	{"proxied.mismatch", "The credential is about another identity than the request.", "3.5"},
	{"proxied.type", "The proxied identity is not of the variant's type.", "3.1"},
	{"rationale.missing", "A guardian's credential gives no rationale.", "3.1"},
	{"rationale.refused", "The variant does not allow this rationale.", "2.1"},
	{"role.refused", "The credential has no role, or one that its variant does not allow.", "4.2"},
	{"schema.invalid", "The credential is not as its variant's schema demands.", "3.1"},
	{"schema.unknown", "The credential names a schema of its own, which is not checked.", "3.1"},
	{"sgl.invalid", "A rule is no SGL, and grants nothing.", "4.1"},
	{"sgl.too_complex", "A rule is beyond the cost that every engine answers exactly.", "4.3"},
	{"sgl.too_large", "A rule, its values or the group are beyond the limits of SGL.", "4.1"},
	{"status.absent", "The credential has no status by which it could be revoked, and is not short-lived.", "7"},
	{"status.invalid", "The status list's proof, form or date is wrong, or it is not the list that the credential names.", "7"},
	{"status.purpose", "The status list is not for the purpose, or of the size, that the credential names.", "7"},
	{"status.range", "The credential's place lies beyond the end of its status list.", "7"},
	{"status.refused", "The status list is by neither the credential's issuer nor one whom the framework lists.", "7"},
	{"status.revoked", "The credential is revoked.", "7"},
	{"status.short", "The status list has fewer than 131,072 entries.", "7"},
	{"status.stale", "The status list is over, or older than the framework allows, and no newer one could be had.", "7"},
	{"status.suspended", "The credential is suspended.", "7"},
	{"status.unknown", "The credential's status cannot be known.", "7"},
	{"status.unreachable", "The status list could not be fetched.", "7"},
	{"supporting.too_many", "More supporting credentials in one presentation than are read.", "3.1"},
	{"supporting.unsupported", "A supporting credential in a form that is not read: an SD-JWT VC that is presented alone.", "3.1"},
	{"timestamp.invalid", "A time-stamp cannot be read, or is by no authority whom the operator lists.", "6"},
	{"type.uncovered", "The bare proxy type stands under a proof that does not cover it.", "3.1"},
	{"usage.contended", "So many decisions count on one credential at once that this one did not come to its turn.", "5"},
	{"usage.exhausted", "A constraint limits how often, and that often it was.", "5"},
	{"usage.uncounted", "A constraint limits how often, and nobody here counts the uses.", "5"},
	{"variant.refused", "The challenge does not admit this variant.", "4.2"},
	{"variant.undefined", "The framework does not define this variant.", "3.1"},
}

// ReasonsDocument writes docs/reasons.md.
func ReasonsDocument() []byte {
	var out bytes.Buffer
	out.WriteString("# Reasons\n\n")
	out.WriteString("Every decision says why, in codes of this table. Sections are those of\n[What a decision means](semantics.md).\n")
	out.WriteString("This page is generated from `policies/reasons.go`; `go test ./policies -run TestReasonsDocument -update` writes it.\n\n")
	out.WriteString("| code | what it says | section |\n| --- | --- | --- |\n")
	for _, r := range Reasons {
		fmt.Fprintf(&out, "| `%s` | %s | %s |\n", r.Code, r.Text, r.Source)
	}
	return out.Bytes()
}
