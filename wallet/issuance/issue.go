package issuance

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/procura-dev/procura/verifier/proof"
	"github.com/procura-dev/procura/verifier/vc"
	"github.com/procura-dev/procura/wallet/lifecycle"
)

// An Issuer issues as the profiles of a server. It is safe for concurrent use.
type Issuer struct {
	Profiles Profiles            // required
	Places   *lifecycle.Allotter // required
	// Contexts are those that frameworks published to a tenant; nil: none.
	Contexts func(tenant string) func(url string) ([]byte, bool)
	Now      func() time.Time // required
}

// attempts is how often other places are drawn, where some were taken meanwhile.
const attempts = 16

// Issue makes a credential and stores that it was issued, with its places in
// status lists. It is a string (JWT, SD-JWT VC) or an object. A *[vc.Refusal]
// says what of the request cannot be issued.
func (i *Issuer) Issue(ctx context.Context, p *Profile, keys []Key, r *Request) (any, error) {
	format, err := p.format(r.Format)
	if err != nil {
		return nil, err
	}
	doc, err := i.prepare(p, format, r)
	if err != nil {
		return nil, err
	}
	wishes, err := p.wishes(format, doc)
	if err != nil {
		return nil, err
	}
	signers, err := i.signers(p, keys)
	if err != nil {
		return nil, err
	}
	for range attempts {
		signed, err := i.attempt(ctx, p, signers, r, format, doc, wishes)
		if !errors.Is(err, lifecycle.ErrTaken) {
			return signed, err
		}
	}
	return nil, lifecycle.ErrTaken
}

// Make makes a credential as its holder's own keys sign it while they are there. It
// has no place in a status list, and nothing of it is stored. Of i it takes Now and
// Contexts alone, of p tenant, DID and formats; errors are as of [Issuer.Issue].
func (i *Issuer) Make(ctx context.Context, p *Profile, signers []*proof.Signer, r *Request) (any, error) {
	format, err := p.format(r.Format)
	if err != nil {
		return nil, err
	}
	doc, err := i.prepare(p, format, r)
	if err != nil {
		return nil, err
	}
	return i.sign(ctx, p, signers, format, doc)
}

// prepare is the credential as it will be signed, but for its status.
func (i *Issuer) prepare(p *Profile, format string, r *Request) (map[string]any, error) {
	doc := maps.Clone(r.Credential)
	if err := shape(doc); err != nil {
		return nil, err
	}
	if err := dates(doc, i.Now()); err != nil {
		return nil, err
	}
	if err := fits(doc, format); err != nil {
		return nil, err
	}
	if _, given := doc["issuer"]; !given {
		doc["issuer"] = p.DID
	}
	if vc.Issuer(doc) != p.DID {
		return nil, faulty("/credential/issuer", "is not the profile's DID")
	}
	return doc, nil
}

// attempt draws places, signs with them, reads what was signed, and stores that.
func (i *Issuer) attempt(ctx context.Context, p *Profile, signers []*proof.Signer, r *Request, format string, doc map[string]any, wishes []lifecycle.Wish) (any, error) {
	places, err := i.places(ctx, p, wishes)
	if err != nil {
		return nil, err
	}
	signed, err := i.sign(ctx, p, signers, format, withStatus(doc, places))
	if err != nil {
		return nil, err
	}
	digest, err := digestOf(signed)
	if err != nil {
		return nil, err
	}
	var id [16]byte
	rand.Read(id[:]) // never fails (crypto/rand)
	return signed, i.Places.Ledger.Issue(ctx, &lifecycle.Issued{
		Tenant: p.Tenant, ID: hex.EncodeToString(id[:]), Profile: p.Name, Name: r.Name, Proxied: proxiedOf(doc), Type: typeOf(doc),
		Digest: digest, IssuedAt: i.Now().UTC(), Places: places,
	})
}

// places are drawn for profiles that sign unattended alone: a list must be
// signed again while its owner is away.
func (i *Issuer) places(ctx context.Context, p *Profile, wishes []lifecycle.Wish) ([]lifecycle.Place, error) {
	if len(wishes) > 0 && p.Custody != Custodial {
		return nil, lifecycle.ErrAttended
	}
	return i.Places.Places(ctx, p.Tenant, p.Name, wishes)
}

// typeOf is the proxy type of what is signed, as an absolute IRI; empty: it has none.
func typeOf(doc map[string]any) string {
	t, err := vc.TypeOf(doc)
	uri, ok := doc["trustFrameworkURI"].(string)
	if err != nil || t.Name == "" || !ok {
		return ""
	}
	return t.IRI(uri)
}

func digestOf(signed any) ([32]byte, error) {
	if text, ok := signed.(string); ok {
		return sha256.Sum256([]byte(text)), nil
	}
	raw, err := json.Marshal(signed)
	if err != nil {
		return [32]byte{}, fmt.Errorf("writing the credential: %w", err)
	}
	return sha256.Sum256(raw), nil
}

// proxiedOf is the identity that a proxy credential is about; empty: none.
func proxiedOf(doc map[string]any) string {
	subject, _ := doc["credentialSubject"].(map[string]any)
	proxied, _ := subject["proxied"].(map[string]any)
	id, _ := proxied["id"].(string)
	return id
}

// format is the one to issue in.
func (p *Profile) format(asked string) (string, error) {
	switch {
	case asked == "":
		return p.Formats[0], nil
	case !slices.Contains(p.Formats, asked):
		return "", faulty("/options/format", "the profile issues in %v", p.Formats)
	}
	return asked, nil
}

// sdMembers are what an SD-JWT VC has a claim for (semantics 3.1, last item).
// Another would be lost.
var sdMembers = []string{
	"@context", "type", "issuer", "trustFrameworkURI", "auditURI", "appealURI", "provenanceProofs", "credentialSubject",
	"validFrom", "validUntil", "issuanceDate", "expirationDate",
}

// fits refuses a credential that a format cannot say.
func fits(doc map[string]any, format string) error {
	switch {
	case format == vc.FormatVCJWT11 && !isV1(doc), format == vc.FormatVCJOSE && isV1(doc):
		return faulty("/credential/@context", "is of another version of the data model than %s credentials", format)
	case format != vc.FormatSDJWT:
		return nil
	}
	for name := range doc {
		if !slices.Contains(sdMembers, name) {
			return faulty("/credential/"+name, "has no place in an SD-JWT VC")
		}
	}
	subject, _ := doc["credentialSubject"].(map[string]any)
	for name := range subject {
		if !slices.Contains([]string{"type", "holder", "proxied"}, name) {
			return faulty("/credential/credentialSubject/"+name, "has no place in an SD-JWT VC")
		}
	}
	return nil
}

const contextStatus2021 = "https://w3id.org/vc/status-list/2021/v1"

// wishes are the statuses that a profile gives a credential of a format.
func (p *Profile) wishes(format string, doc map[string]any) (list []lifecycle.Wish, err error) {
	kind := lifecycle.Bitstring
	switch {
	case len(p.Status) == 0:
		return nil, nil
	case format == vc.FormatSDJWT && !slices.Contains(p.Status, lifecycle.Message):
		return []lifecycle.Wish{{Kind: lifecycle.Token, Purpose: lifecycle.Status}}, nil
	case isV1(doc) && proof.CoversStatements(format):
		kind = lifecycle.List2021
	}
	for _, purpose := range p.Status {
		w := lifecycle.Wish{Kind: kind, Purpose: purpose}
		if purpose == lifecycle.Message {
			if w.Messages = p.Messages; kind != lifecycle.Bitstring || format == vc.FormatSDJWT {
				return nil, faulty("/options/format", "a credential of this format and data model cannot have a status with messages")
			}
		}
		list = append(list, w)
	}
	return list, nil
}

// withStatus gives a credential its places, and what defines them.
func withStatus(doc map[string]any, places []lifecycle.Place) map[string]any {
	out := lifecycle.Attach(doc, places)
	if len(places) > 0 && places[0].List.Kind == lifecycle.List2021 {
		contexts, _ := doc["@context"].([]any)
		if !slices.Contains(contexts, any(contextStatus2021)) {
			out["@context"] = append(slices.Clone(contexts), contextStatus2021)
		}
	}
	return out
}
