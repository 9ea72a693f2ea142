package proof

import (
	"crypto/sha256"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	aries "github.com/hyperledger/aries-framework-go/pkg/doc/ldcontext/embed"
	"github.com/piprate/json-gold/ld"
	didgo "github.com/trustbloc/did-go/doc/ld/context/embed"

	"github.com/procura-dev/procura/verifier/vc"
)

// The contexts of proof suites and status types, which may stand anywhere
// after the first (semantics 3.6, rule 1).
const (
	contextDataIntegrity = "https://w3id.org/security/data-integrity/v2"
	contextEd25519of2020 = "https://w3id.org/security/suites/ed25519-2020/v1"
	contextEd25519of2018 = "https://w3id.org/security/suites/ed25519-2018/v1"
	contextJWS2020       = "https://w3id.org/security/suites/jws-2020/v1"
	contextStatus2021    = "https://w3id.org/vc/status-list/2021/v1"
)

var suiteContexts = map[string]bool{
	contextDataIntegrity: true, contextEd25519of2020: true, contextEd25519of2018: true,
	contextJWS2020: true, contextStatus2021: true,
}

// Contexts for other documents than credentials.
const (
	contextMultikey = "https://w3id.org/security/multikey/v1"
	contextDID      = "https://www.w3.org/ns/did/v1"
)

// rfc0103 begins the IRIs of the members that RFC 0103 puts at the top.
const rfc0103 = vc.ProxyContext + "#"

//go:embed contexts/*.jsonld
var contextFiles embed.FS

// shipped returns the contexts that come with the program, by URL; each is the
// value of its document's @context. They are never fetched.
var shipped = sync.OnceValues(func() (map[string]any, error) {
	out := map[string]any{}
	for url, raw := range moduleContexts() {
		c, err := contextOf(raw)
		if err != nil {
			return nil, fmt.Errorf("context %s: %w", url, err)
		}
		out[url] = c
	}
	for url, file := range map[string]string{
		contextDataIntegrity: "data-integrity-v2", contextMultikey: "multikey-v1", vc.ProxyContext: "rfc0103",
	} {
		c, err := shippedFile(file)
		if err != nil {
			return nil, err
		}
		out[url] = c
	}
	return out, renewStatus(out)
})

// moduleContexts are those that modules bring: aries has the older ones, and
// none of the VC Data Model 2.0.
func moduleContexts() map[string][]byte {
	out := map[string][]byte{}
	for _, d := range aries.Contexts {
		switch d.URL {
		case vc.ContextV1, contextEd25519of2020, contextEd25519of2018, contextJWS2020, contextStatus2021, contextDID:
			out[d.URL] = d.Content
		}
	}
	for _, d := range didgo.Contexts {
		if d.URL == vc.ContextV2 {
			out[d.URL] = d.Content
		}
	}
	return out
}

func shippedFile(name string) (any, error) {
	raw, err := contextFiles.ReadFile("contexts/" + name + ".jsonld")
	if err != nil {
		return nil, err
	}
	return contextOf(raw)
}

// renewStatus brings two terms of did-go's credentials/v2, which is older than
// the Recommendation, up to date.
func renewStatus(contexts map[string]any) error {
	newer, err := shippedFile("bitstring-status-list-v1")
	if err != nil {
		return err
	}
	v2, ok := contexts[vc.ContextV2].(map[string]any)
	terms, ok2 := newer.(map[string]any)
	if !ok || !ok2 {
		return errors.New("the VC context is no object")
	}
	v2 = maps.Clone(v2)
	for _, term := range []string{"BitstringStatusList", "BitstringStatusListEntry"} {
		v2[term] = terms[term]
	}
	contexts[vc.ContextV2] = v2
	return nil
}

func contextOf(document []byte) (any, error) {
	v, err := vc.ParseJSON(document)
	if err != nil {
		return nil, err
	}
	m, _ := v.(map[string]any)
	c, ok := m["@context"]
	if !ok {
		return nil, errors.New("no @context")
	}
	return c, nil
}

// A ContextCache remembers processed lists of contexts, by URL and content, and
// the shapes that were expanded under them. Its zero value is ready; a nil one
// remembers nothing. It is safe for concurrent use.
type ContextCache struct {
	mu     sync.RWMutex
	done   map[[sha256.Size]byte]*active
	shapes shapes
}

// An active is a processed list of contexts. It is shared and must not be
// changed.
type active struct {
	context *ld.Context
	key     [sha256.Size]byte // a digest of their URLs and of what was not shipped
	iris    bool              // a term is an IRI: IRIs could be other ones
}

// maxContexts bounds the cache; lists of contexts are pinned but for the order
// of suites, so few are in use.
const maxContexts = 256

func (c *ContextCache) get(key [sha256.Size]byte) *active {
	if c == nil {
		return nil
	}
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.done[key]
}

func (c *ContextCache) put(a *active) {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.done == nil || len(c.done) >= maxContexts {
		c.done = map[[sha256.Size]byte]*active{}
	}
	c.done[a.key] = a
}

// errNotLocal is a context that neither ships with the program nor belongs to
// a published framework.
var errNotLocal = errors.New("a context that is not local")

// process returns the active context of a list of contexts.
func (v *Verifier) process(urls []string) (*active, error) {
	sources, key, err := v.load(urls)
	if err != nil {
		return nil, err
	}
	if a := v.Cache.get(key); a != nil {
		return a, nil
	}
	contexts := make([]any, len(sources))
	for i, s := range sources {
		if contexts[i], err = s.context(); err != nil {
			return nil, fmt.Errorf("context %q: %w", urls[i], err)
		}
	}
	c, err := ld.NewContext(nil, jsonLD()).Parse(contexts)
	if err != nil {
		return nil, fmt.Errorf("processing contexts: %w", err)
	}
	a := &active{context: c, key: key, iris: definesIRI(contexts)}
	v.Cache.put(a)
	return a, nil
}

// definesIRI reports a name with a colon, anywhere in a context: a term that is
// an IRI, whole or compact.
func definesIRI(context any) bool {
	switch c := context.(type) {
	case map[string]any:
		for name, inner := range c {
			if strings.Contains(name, ":") || definesIRI(inner) {
				return true
			}
		}
	case []any:
		return slices.ContainsFunc(c, definesIRI)
	}
	return false
}

// A source is a context, parsed where it is shipped.
type source struct {
	shipped any
	raw     []byte
}

func (s source) context() (any, error) {
	if s.raw == nil {
		return s.shipped, nil
	}
	return contextOf(s.raw)
}

// load returns the contexts, and a digest of their URLs and of what was not
// shipped.
func (v *Verifier) load(urls []string) ([]source, [sha256.Size]byte, error) {
	var key [sha256.Size]byte
	local, err := shipped()
	if err != nil {
		return nil, key, err
	}
	sources, names := make([]source, len(urls)), &strings.Builder{}
	for i, url := range urls {
		fmt.Fprintf(names, "%d %s\n", len(url), url)
		if vc.IsProxyContext(url) {
			url = vc.ProxyContext
		}
		if c, ok := local[url]; ok {
			sources[i].shipped = c
			continue
		}
		raw, ok := v.published(url)
		if !ok || raw == nil {
			return nil, key, fmt.Errorf("%w: %q", errNotLocal, url)
		}
		sources[i].raw = raw
		fmt.Fprintf(names, "%x\n", sha256.Sum256(raw))
	}
	return sources, sha256.Sum256([]byte(names.String())), nil
}

func (v *Verifier) published(url string) ([]byte, bool) {
	if v.Contexts == nil {
		return nil, false
	}
	return v.Contexts(url)
}

// jsonLD are the options of every run: no network, no base.
func jsonLD() *ld.JsonLdOptions {
	o := ld.NewJsonLdOptions("")
	o.ProcessingMode = ld.JsonLd_1_1
	o.DocumentLoader = noNetwork{}
	return o
}

// noNetwork is a document loader that loads nothing.
type noNetwork struct{}

var _ ld.DocumentLoader = noNetwork{}

func (noNetwork) LoadDocument(url string) (*ld.RemoteDocument, error) {
	return nil, fmt.Errorf("%w: %q", errNotLocal, url)
}

// ShippedContexts returns the JSON-LD contexts that come with the program, by
// URL, as documents with a member @context.
func ShippedContexts() (map[string][]byte, error) {
	local, err := shipped()
	if err != nil {
		return nil, err
	}
	out := make(map[string][]byte, len(local))
	for url, c := range local {
		if out[url], err = json.Marshal(map[string]any{"@context": c}); err != nil {
			return nil, err
		}
	}
	return out, nil
}
