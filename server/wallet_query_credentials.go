package server

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/procura-dev/procura/verifier"
	"github.com/procura-dev/procura/verifier/proof"
	"github.com/procura-dev/procura/verifier/vc"
	"github.com/procura-dev/procura/wallet/issuance"
	"github.com/procura-dev/procura/wallet/query"
)

// signer signs as a key of the profile that the path names.
func (w *walletCall) signer(ctx context.Context, r *memberReader) (*proof.Signer, error) {
	kid, method := r.text("key"), r.optional("method")
	if err := r.err(); err != nil {
		return nil, err
	}
	p, err := w.profile(ctx)
	if err != nil {
		return nil, err
	}
	key, err := w.signingKey(ctx, p, kid)
	if err != nil {
		return nil, err
	}
	if method != "" {
		if id, fragment, _ := strings.Cut(method, "#"); fragment == "" || !strings.HasPrefix(id, "did:") {
			return nil, faulty("method", "must be a DID with a fragment")
		}
		key = key.As(method)
	}
	return &proof.Signer{Key: key, At: w.now, Contexts: w.verifier.Library(w.session.Account.Tenant).Context}, nil
}

// asking reads a body with the member request: a verifier's, or as VCALM has it for
// issuers and holders.
func (w *walletCall) asking() (*memberReader, any, error) {
	r, err := w.parsed(vc.ParseExactJSON) // what is signed is what was asked for
	if err != nil {
		return nil, nil, err
	}
	request, given := r.object["request"]
	if r.known["request"] = true; !given {
		r.fault("request", "is missing")
	}
	return r, request, nil
}

// issueHeld makes a credential as a key of a profile's. It has no status: a list
// must be signed again while its holder is away.
func issueHeld(ctx context.Context, w *walletCall) (int, any, error) {
	r, tree, err := w.asking()
	if err != nil {
		return 0, nil, err
	}
	as, err := w.signer(ctx, r)
	if err != nil {
		return 0, nil, err
	}
	request, err := issuance.ReadRequest(tree)
	if err != nil {
		return 0, nil, unissuable(err)
	}
	i := &issuance.Issuer{Now: func() time.Time { return w.now }, Contexts: func(tenant string) func(string) ([]byte, bool) { return w.verifier.Library(tenant).Context }}
	signed, err := i.Make(ctx, w.as(as), []*proof.Signer{as}, request)
	if err != nil {
		return 0, nil, unissuable(err)
	}
	return http.StatusCreated, map[string]any{"verifiableCredential": enveloped(signed)}, nil
}

// as is a profile that issues and presents in every format as one DID.
func (w *walletCall) as(s *proof.Signer) *issuance.Profile {
	return &issuance.Profile{Tenant: w.session.Account.Tenant, DID: s.Key.DID(), Settings: issuance.Settings{Formats: issuance.Formats}}
}

// proveHeld signs a presentation as a key of a profile's.
func proveHeld(ctx context.Context, w *walletCall) (int, any, error) {
	r, tree, err := w.asking()
	if err != nil {
		return 0, nil, err
	}
	as, err := w.signer(ctx, r)
	if err != nil {
		return 0, nil, err
	}
	request, err := issuance.ReadProving(tree)
	if err != nil {
		return 0, nil, unissuable(err)
	}
	signed, err := w.as(as).Present(ctx, []*proof.Signer{as}, request)
	if err != nil {
		return 0, nil, unissuable(err)
	}
	return http.StatusCreated, map[string]any{"verifiablePresentation": signed}, nil
}

// verifyHeld checks a credential, or a presentation over a challenge and for a
// domain, that the call brings.
func verifyHeld(ctx context.Context, w *walletCall) (int, any, error) {
	r, err := w.body()
	if err != nil {
		return 0, nil, err
	}
	who := verifier.Caller{Tenant: w.session.Account.Tenant, Client: "wallet"}
	if c, given := r.object["verifiableCredential"]; given {
		r.known["verifiableCredential"] = true
		if err := r.err(); err != nil {
			return 0, nil, err
		}
		k, err := w.verifier.CheckCredential(ctx, who, c)
		return http.StatusOK, k, err
	}
	p, given := r.object["verifiablePresentation"]
	if r.known["verifiablePresentation"] = true; !given {
		r.fault("verifiableCredential", "is missing, and so is verifiablePresentation")
	}
	against := verifier.Against{Challenge: r.text("challenge"), Domain: r.text("domain")}
	if err := r.err(); err != nil {
		return 0, nil, err
	}
	who.Domains = []string{against.Domain}
	k, err := w.verifier.CheckPresentation(ctx, who, p, against)
	return http.StatusOK, k, err
}

// deriveHeld leaves of an SD-JWT VC what is to be shown: of one that the call
// brings, or of one in a partition that is open.
func deriveHeld(ctx context.Context, w *walletCall) (int, any, error) {
	r, err := w.body()
	if err != nil {
		return 0, nil, err
	}
	tree := map[string]any{}
	for _, name := range []string{"verifiableCredential", "options"} {
		if v, given := r.object[name]; given {
			tree[name] = v
		}
		r.known[name] = true
	}
	name := r.optional("credential")
	if _, brought := tree["verifiableCredential"]; brought && name != "" {
		r.fault("credential", "must not be given beside verifiableCredential")
	}
	if err := r.err(); err != nil {
		return 0, nil, err
	}
	if name != "" {
		c, err := w.credentialNamed(ctx, name)
		if err != nil {
			return 0, nil, err
		}
		tree["verifiableCredential"] = c.Raw
	}
	d, err := issuance.ReadDerivation(tree)
	if err != nil {
		return 0, nil, unissuable(err)
	}
	shown, err := d.Derive()
	if err != nil {
		return 0, nil, unissuable(err)
	}
	return http.StatusOK, map[string]any{"verifiableCredential": shown}, nil
}

// resolveManifest says what of credentials is to be shown to their holder, as their
// issuer's manifest has it. It takes all from the call.
func resolveManifest(ctx context.Context, w *walletCall) (int, any, error) {
	r, err := w.body()
	if err != nil {
		return 0, nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, queryTime)
	defer cancel()
	out, err := query.ResolveManifest(ctx, r.object)
	if err != nil {
		return 0, nil, below("", err)
	}
	return http.StatusOK, map[string]any{"resolved": out}, nil
}
