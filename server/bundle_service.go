package server

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/procura-dev/procura/policies"
	"github.com/procura-dev/procura/policies/facts"
	"github.com/procura-dev/procura/trustframeworks/compile"
)

// What is told of withdrawals is told anew a few times in the frameworkMaxAge of a
// bundle's frameworks: whoever asks again has not grown stale meanwhile.
const (
	longestTelling  = time.Hour
	shortestTelling = time.Minute
)

// What is held of bundles, in bytes; some thousand versions, and all of them in a few
// bundles.
const maxPacked = 64 << 20

// bundleService makes the bundles that OPAs pull, signed (semantics 2.3). It is
// safe for concurrent use.
type bundleService struct {
	catalogue *Catalogue
	signing   *Signing
	making    turns // one at once: the next finds what it packed

	stopped  <-chan struct{} // closed when the server stops
	patience time.Duration   // 0: [patience]

	mu     sync.Mutex
	under  map[string]*making
	packs  map[int64]*compile.Pack // by the version's order of publication
	made   map[string]*madeBundle
	packed int // bytes of both
}

// A madeBundle is what callers get until something changes.
type madeBundle struct {
	tag   string // of what it says; two that are signed by one key and say the same have one
	body  []byte // .tar.gz
	known []*entry
	until time.Time
}

// A choice is what a bundle is to hold.
type choice struct {
	key   string   // names it, and who asks
	known []*entry // all versions of its names that who asks may read
	holds func(version string) bool
}

// errMaking: a bundle takes longer to make than a caller is kept waiting.
var errMaking = errors.New("this bundle is being made: ask again")

// patience is how long a caller waits for a bundle that is made. That of a thousand
// frameworks takes minutes when none of them was packed before.
const patience = 45 * time.Second

// A making is one that is under way, for all who wait for it.
type making struct {
	known []*entry
	done  chan struct{} // closed when it is made, or cannot be
	made  *madeBundle
	err   error
}

// get returns the bundle of a choice. It is made whether or not who asked waits for
// it, so that whoever asks again finds it.
func (b *bundleService) get(ctx context.Context, of choice) (*madeBundle, error) {
	if held := b.held(of); held != nil {
		return held, nil
	}
	m := b.begin(ctx, of)
	enough := time.NewTimer(cmp.Or(b.patience, patience))
	defer enough.Stop()
	select {
	case <-m.done:
		return m.made, m.err
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-enough.C:
		return nil, errMaking
	}
}

// begin joins the making of a choice, or begins it.
func (b *bundleService) begin(ctx context.Context, of choice) *making {
	b.mu.Lock()
	defer b.mu.Unlock()
	if m := b.under[of.key]; m != nil && slices.Equal(m.known, of.known) {
		return m
	}
	m := &making{known: of.known, done: make(chan struct{})}
	if b.under == nil {
		b.under = map[string]*making{}
	}
	b.under[of.key] = m
	kept, cancel := context.WithCancel(context.WithoutCancel(ctx))
	go func() {
		select {
		case <-b.stopped:
			cancel()
		case <-m.done:
		}
	}()
	go func() {
		defer cancel()
		defer b.end(of.key, m)
		m.made, m.err = b.once(kept, of)
	}()
	return m
}

// end tells all who wait. What panicked is an error to them: no caller's goroutine
// is here to answer it.
func (b *bundleService) end(key string, m *making) {
	if cause := recover(); cause != nil {
		m.err = fmt.Errorf("making a bundle: panic: %v", cause)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.under[key] == m {
		delete(b.under, key)
	}
	close(m.done)
}

// once makes the bundle of a choice, after those that are made before.
func (b *bundleService) once(ctx context.Context, of choice) (*madeBundle, error) {
	done, err := b.making.take(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	if held := b.held(of); held != nil {
		return held, nil
	}
	made, err := b.make(ctx, of)
	if err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if was := b.made[of.key]; was != nil {
		b.packed -= len(was.body)
		delete(b.made, of.key)
	}
	b.room(len(made.body))
	if b.made == nil {
		b.made = map[string]*madeBundle{}
	}
	b.made[of.key] = made
	return made, nil
}

func (b *bundleService) held(of choice) *madeBundle {
	b.mu.Lock()
	defer b.mu.Unlock()
	held := b.made[of.key]
	if held == nil || !b.catalogue.now().Before(held.until) || !slices.Equal(held.known, of.known) {
		return nil
	}
	return held
}

// room makes room for so many bytes, and counts them.
func (b *bundleService) room(size int) {
	if b.packed += size; b.packed > maxPacked {
		b.packs, b.made, b.packed = nil, nil, size
	}
}

// pack returns what a version brings.
func (b *bundleService) pack(ctx context.Context, e *entry) (*compile.Pack, error) {
	b.mu.Lock()
	p := b.packs[e.Seq]
	b.mu.Unlock()
	if p != nil {
		return p, nil
	}
	compiled, err := b.catalogue.readable(ctx, e)
	if err != nil {
		return nil, err
	}
	if p, err = compiled.Pack(); err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.room(len(p.Archive))
	if b.packs == nil {
		b.packs = map[int64]*compile.Pack{}
	}
	b.packs[e.Seq] = p
	return p, nil
}

// make packs versions, what is told of their withdrawals, and the mask.
func (b *bundleService) make(ctx context.Context, of choice) (*madeBundle, error) {
	heard := b.catalogue.Verifier.Heard() // before anything is read
	var packs []*compile.Pack
	for _, e := range of.known {
		if !of.holds(e.Version) {
			continue
		}
		p, err := b.pack(ctx, e)
		if err != nil {
			return nil, err
		}
		packs = append(packs, p)
	}
	telling := tellingOf(packs)
	last, err := packLast(packs, of.known, heard.Truncate(telling))
	if err != nil {
		return nil, err
	}
	made, err := b.sign(ctx, append(packs, last))
	if err != nil {
		return nil, err
	}
	made.known, made.until = of.known, b.catalogue.now().Truncate(telling).Add(telling)
	return made, nil
}

// tellingOf is how often the withdrawals of these are told anew.
func tellingOf(packs []*compile.Pack) time.Duration {
	telling := longestTelling
	for _, p := range packs {
		if p.MaxAge > 0 {
			telling = min(telling, p.MaxAge/4)
		}
	}
	return max(telling, shortestTelling)
}

// packLast packs what is the bundle's own.
func packLast(packs []*compile.Pack, known []*entry, asOf time.Time) (*compile.Pack, error) {
	manifests, roots := map[string]string{}, []string{"system/log"}
	files := map[string][]byte{policies.MaskPath: policies.Mask}
	for _, p := range packs {
		manifests[p.Root], roots = p.Manifest, append(roots, p.Root)
		told, err := json.Marshal(map[string]any{"asOf": asOf.UnixNano(), "of": map[string]any{p.Name: withdrawals(known, p.Name)}})
		if err != nil {
			return nil, fmt.Errorf("writing withdrawals: %w", err)
		}
		files[compile.WithdrawalsPath(p.Root)] = told
	}
	slices.Sort(roots)
	manifest, err := json.Marshal(map[string]any{
		"revision": asOf.UTC().Format(time.RFC3339) + " " + digestOf(packs), "roots": roots, "rego_version": 1,
		"metadata": map[string]any{"procura": map[string]any{"frameworks": manifests}},
	})
	if err != nil {
		return nil, fmt.Errorf("writing the manifest: %w", err)
	}
	files[compile.ManifestPath] = manifest
	return compile.PackFiles(files)
}

// withdrawals are those of a name, as policies read them.
func withdrawals(known []*entry, name string) []facts.Withdrawal {
	list := []facts.Withdrawal{}
	for _, e := range known {
		if e.Name != name || e.Withdrawal == nil {
			continue
		}
		from := e.Withdrawal.Date.UnixNano()
		list = append(list, facts.Withdrawal{
			Version: e.Version, URI: e.URI, From: e.Withdrawal.Date.UTC().Format(time.RFC3339Nano), Successor: e.Withdrawal.Successor,
			Derived: &facts.WithdrawalDerived{From: &from},
		})
	}
	return list
}

// digestOf names what some packs say.
func digestOf(packs []*compile.Pack) string {
	all := sha256.New()
	for _, p := range packs {
		for _, f := range p.Files {
			fmt.Fprintf(all, "%s  %s\n", f.Hash, f.Name)
		}
	}
	return hex.EncodeToString(all.Sum(nil)[:16])
}

// sign makes an archive of packs, and of a signature over all that they hold.
func (b *bundleService) sign(ctx context.Context, packs []*compile.Pack) (*madeBundle, error) {
	key, err := b.signing.current(ctx)
	if err != nil {
		return nil, err
	}
	var files []compile.FileInfo
	var body []byte
	for _, p := range packs {
		files, body = append(files, p.Files...), append(body, p.Archive...)
	}
	token, err := key.sign("JWT", map[string]any{"files": files})
	if err != nil {
		return nil, err
	}
	signatures, err := json.Marshal(compile.Signatures{Signatures: []string{token}})
	if err != nil {
		return nil, fmt.Errorf("writing the signature: %w", err)
	}
	signed, err := compile.PackFiles(map[string][]byte{compile.SignaturesPath: signatures})
	if err != nil {
		return nil, err
	}
	end, err := compile.EndOfTar()
	if err != nil {
		return nil, err
	}
	return &madeBundle{tag: `"` + digestOf(packs) + "." + key.ID[:16] + `"`, body: slices.Concat(body, signed.Archive, end)}, nil
}
