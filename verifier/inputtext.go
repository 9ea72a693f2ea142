package verifier

import (
	"crypto/sha256"
	"encoding/hex"
	"sync"

	"github.com/procura-dev/procura/policies/facts"
)

// inputDigest is the SHA-256, hex, of the compact JSON of an input.
func inputDigest(in *facts.Input) (string, error) {
	w := inputTexts.Get().(*jsonText)
	w.text, w.err = w.text[:0], nil
	w.input(in)
	sum, err := sha256.Sum256(w.text), w.err
	if cap(w.text) <= 64<<10 {
		inputTexts.Put(w)
	}
	return hex.EncodeToString(sum[:]), err
}

// inputTexts are used again, but for the few that are large.
var inputTexts = sync.Pool{New: func() any { return &jsonText{text: make([]byte, 0, 4<<10)} }}

// input is as [json.Marshal] has it.
func (w *jsonText) input(in *facts.Input) {
	w.text = append(w.text, '{')
	w.string("now", in.Now)
	w.name("request")
	w.request(&in.Request)
	w.name("presentations")
	writeList(w, in.Presentations, w.presentation)
	w.name("refused")
	writeList(w, in.Refused, w.refused)
	if len(in.Withdrawn) > 0 {
		w.name("withdrawn")
		writeList(w, in.Withdrawn, w.withdrawn)
	}
	if in.Derived != nil {
		w.name("derived")
		w.derived(in.Derived)
	}
	w.some("withdrawalsAsOf", in.WithdrawalsAsOf)
	w.some("checkedAt", in.CheckedAt)
	if in.Offline != nil {
		w.name("offline")
		w.other(in.Offline)
	}
	w.text = append(w.text, '}')
}

// writeRequest is the compact JSON of a request, as [json.Marshal] has it.
func writeRequest(r *facts.Request) ([]byte, error) {
	w := &jsonText{text: make([]byte, 0, 512)}
	w.request(r)
	return w.text, w.err
}

func (w *jsonText) request(r *facts.Request) {
	w.text = append(w.text, '{')
	w.strings("permissions", r.Permissions)
	w.name("proxied")
	w.proxiedRequest(&r.Proxied)
	w.name("framework")
	w.framework(&r.Framework)
	if r.SupportedObligations != nil {
		w.strings("supportedObligations", r.SupportedObligations)
	}
	if r.Disjoint {
		w.bool("disjoint", true)
	}
	w.some("openedAt", r.OpenedAt)
	w.text = append(w.text, '}')
}

func (w *jsonText) proxiedRequest(p *facts.ProxiedRequest) {
	w.text = append(w.text, '{')
	w.some("id", p.ID)
	if len(p.Attributes) > 0 {
		w.name("attributes")
		writeMap(w, p.Attributes, w.comparable)
	}
	w.text = append(w.text, '}')
}

func (w *jsonText) comparable(c facts.Comparable) {
	if c.SHA256 == "" {
		w.quote(c.Text)
		return
	}
	w.text = append(w.text, '{')
	w.string("sha256", c.SHA256)
	w.text = append(w.text, '}')
}

func (w *jsonText) framework(f *facts.FrameworkName) {
	w.text = append(w.text, '{')
	w.string("name", f.Name)
	w.some("version", f.Version)
	w.some("range", f.Range)
	w.some("variant", f.Variant)
	w.text = append(w.text, '}')
}

func (w *jsonText) presentation(p *facts.Presentation) {
	w.text = append(w.text, '{')
	w.string("path", p.Path)
	w.string("holder", p.Holder)
	w.string("key", p.Key)
	w.some("signedAt", p.SignedAt)
	w.string("receivedAt", p.ReceivedAt)
	w.name("circumstances")
	w.other(&p.Circumstances)
	w.name("credentials")
	writeList(w, p.Credentials, w.credential)
	if len(p.Beside) > 0 {
		w.name("beside")
		writeList(w, p.Beside, w.beside)
	}
	if p.Derived != nil {
		w.name("derived")
		w.other(p.Derived)
	}
	w.text = append(w.text, '}')
}

func (w *jsonText) beside(r *facts.Reference) {
	w.text = append(w.text, '{')
	w.string("path", r.Path)
	w.string("digest", r.Digest)
	w.text = append(w.text, '}')
}

func (w *jsonText) refused(r *facts.Refused) {
	w.text = append(w.text, '{')
	w.string("code", r.Code)
	w.string("message", r.Message)
	w.string("path", r.Path)
	w.some("credential", r.Credential)
	w.some("digest", r.Digest)
	w.text = append(w.text, '}')
}

func (w *jsonText) withdrawn(v *facts.Withdrawal) {
	w.text = append(w.text, '{')
	w.string("version", v.Version)
	w.string("uri", v.URI)
	w.string("from", v.From)
	w.some("successor", v.Successor)
	if v.Derived != nil {
		w.name("derived")
		w.other(v.Derived)
	}
	w.text = append(w.text, '}')
}

func (w *jsonText) derived(d *facts.InputDerived) {
	w.text = append(w.text, '{')
	w.int("now", d.Now)
	w.string("tz", d.TZ)
	w.name("names")
	writeMap(w, d.Names, w.quote)
	if d.WithdrawalsAsOf != nil {
		w.int("withdrawalsAsOf", *d.WithdrawalsAsOf)
	}
	if d.CheckedAt != nil {
		w.int("checkedAt", *d.CheckedAt)
	}
	if d.PackedAt != nil {
		w.int("packedAt", *d.PackedAt)
	}
	w.text = append(w.text, '}')
}
