package main

import (
	"context"
	"crypto/ecdsa"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/procura-dev/procura/trustframeworks"
	"github.com/procura-dev/procura/trustframeworks/compile"
	"github.com/procura-dev/procura/verifier"
	"github.com/procura-dev/procura/verifier/did"
	"github.com/procura-dev/procura/verifier/pack"
	"github.com/procura-dev/procura/verifier/status"
)

func packCommand() *cobra.Command {
	c := &cobra.Command{Use: "pack", Short: "What a verifier without a network decides by",
		Long: `A pack holds frameworks and their withdrawals, JSON-LD contexts, DID documents and
status lists, of one day, signed. procura verify --pack and procura serve --offline
decide by it without a network, as long as a framework's offlineMaxAge says.`}
	c.AddCommand(packCreate(), packInspect())
	return c
}

// packFlags name the pack that a command decides by.
type packFlags struct{ pack, keys string }

func (f *packFlags) flags(c *cobra.Command) {
	c.Flags().StringVar(&f.pack, "pack", "", "decide by this pack of procura pack create, without a network")
	c.Flags().StringVar(&f.keys, "keys", "", "what /bundles/keys?as=opa answered: one of these must have signed the pack")
}

// open opens the pack, once one of the keys is seen to have signed it.
func (f *packFlags) open() (*pack.Pack, error) {
	if f.pack == "" || f.keys == "" {
		return nil, errors.New("--pack and --keys must be given together")
	}
	keys, err := readKeys(f.keys)
	if err != nil {
		return nil, err
	}
	sealed, err := readPack(f.pack)
	if err != nil {
		return nil, err
	}
	if err := sealed.Verify(keys); err != nil {
		return nil, fmt.Errorf("%s: %w", f.pack, err)
	}
	p, err := sealed.Open()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.pack, err)
	}
	return p, nil
}

func readKeys(path string) (map[string]*ecdsa.PublicKey, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	keys, err := compile.ReadKeys(raw)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return keys, nil
}

// readPack reads no more of a file than a pack may have.
func readPack(path string) (*pack.Sealed, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	raw, err := io.ReadAll(io.LimitReader(file, pack.MaxSize+1))
	if err != nil {
		return nil, err
	}
	sealed, err := pack.Read(raw)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return sealed, nil
}

// unplugged is what there is in the place of a network: of a pack, or of none.
func unplugged(p *pack.Pack, now func() time.Time) (*network, error) {
	if p == nil {
		return &network{dids: &did.Resolver{}, offline: &verifier.Offline{}}, nil
	}
	documents, lists := map[string][]byte{}, map[string]string{}
	for _, d := range p.DIDs {
		documents[d.ID] = []byte(d.Document)
	}
	for _, l := range p.StatusLists {
		lists[l.URL] = l.List
	}
	web, err := did.Packed(documents, p.PackedAt, now)
	if err != nil {
		return nil, err
	}
	held, err := status.Packed(lists)
	if err != nil {
		return nil, err
	}
	return &network{dids: &did.Resolver{Web: web}, lists: held, offline: &verifier.Offline{PackedAt: p.PackedAt}, pack: p}, nil
}

// compiledOf compiles one version of a pack. Its context is the one that was published.
func compiledOf(f pack.Framework) (*compile.Framework, error) {
	c, err := compileSource("the pack's "+f.Name, f.Source)
	if err != nil {
		return nil, err
	}
	if c.Document.Name != f.Name || c.Document.Version != f.Version {
		return nil, &pack.Error{Code: pack.Malformed, Why: fmt.Sprintf("the pack's %s %s is %s %s", f.Name, f.Version, c.Document.Name, c.Document.Version)}
	}
	c.Context = f.Context
	return c, nil
}

// packedLibrary makes what decides by the versions of one name in a pack.
func packedLibrary(ctx context.Context, p *pack.Pack, name string) (*verifier.Library, error) {
	var releases []*verifier.Release
	for _, f := range p.Frameworks {
		if trustframeworks.FoldName(f.Name) != trustframeworks.FoldName(name) {
			continue
		}
		c, err := compiledOf(f)
		if err != nil {
			return nil, err
		}
		made, err := verifier.NewFramework(ctx, c)
		if err != nil {
			return nil, err
		}
		r := made.Release()
		if w := f.Withdrawn; w != nil {
			r.Withdrawal = &verifier.Withdrawal{From: w.From, Successor: w.Successor}
		}
		releases = append(releases, r)
	}
	return verifier.NewLibrary(releases...)
}
