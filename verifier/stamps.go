package verifier

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"time"

	"github.com/procura-dev/procura/verifier/chain"
	"github.com/procura-dev/procura/verifier/vc"
)

// What one presentation may bring, and where: a member of the presentation (of
// VC-JWT 1.1, of its claim vp), a list of tokens in base64url.
const (
	maxStamps  = 16
	timeStamps = "timeStamps"
)

// readStamps reads the time-stamps (RFC 3161) of the presentation taken last, at
// path. One that does not hold shows nothing, and is reported: what would need it is out.
func (d *decider) readStamps(p *vc.Presentation, path string) {
	given, ok := p.Doc[timeStamps]
	if !ok {
		return
	}
	path += "/" + timeStamps
	list, ok := given.([]any)
	if !ok || len(list) == 0 || len(list) > maxStamps {
		d.refuse("timestamp.invalid", fmt.Sprintf("the time-stamps are no list of 1 to %d", maxStamps), path)
		return
	}
	for i, v := range list {
		if why := d.readStamp(v); why != "" {
			d.refuse("timestamp.invalid", "the time-stamp shows nothing: "+why, fmt.Sprintf("%s/%d", path, i))
		}
	}
}

// readStamp notes by when what a token is over existed; else it says why not.
func (d *decider) readStamp(v any) string {
	text, _ := v.(string)
	token, err := base64.RawURLEncoding.Strict().DecodeString(text)
	switch {
	case err != nil || text == "":
		return "it is no base64url"
	case d.timestampRoots == nil:
		return "the operator lists no time-stamp authority"
	}
	s, err := d.timestampRoots.Read(token, d.now)
	if err != nil {
		return "it is by no authority whom the operator lists, or not as RFC 3161 has it"
	}
	p := d.last()
	if at, known := p.stamps[s.SHA256]; known && !s.At.Before(at) {
		return ""
	}
	if p.stamps == nil {
		p.stamps = map[[sha256.Size]byte]time.Time{}
	}
	p.stamps[s.SHA256] = s.At
	return ""
}

// stampedAt is by when a credential that is a JWT was signed, as the time-stamps of
// its presentation show; empty: they do not. They are over all of the token, its
// signature too: who has one before had signed before.
func (p *presented) stampedAt(n *chain.Node) string {
	if at := p.deemedAt[n.Path]; at != "" {
		return at
	}
	c := n.Credential
	if len(p.stamps) == 0 || c.JWT == nil || c.SDJWT != nil {
		return ""
	}
	token := string(c.JWT.Signed) + "." + base64.RawURLEncoding.EncodeToString(c.JWT.Signature)
	return some(p.stamps[sha256.Sum256([]byte(token))])
}
