// Package compile turns a trust framework document into what decides by it and
// what issues under it (semantics 2.3 and 3.6): Rego and data as an OPA bundle,
// a JSON-LD context, a JSON Schema and an example credential for each variant.
//
// It is pure: it reads no file, no network and no clock, and the same document
// always gives the same bytes. Rego is built as syntax tree and data; no text
// of an author is ever pasted into it. Signing and serving bundles is not for
// this package.
package compile

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"path"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/procura-dev/procura/policies"
	"github.com/procura-dev/procura/policies/facts"
	"github.com/procura-dev/procura/trustframeworks"
)

// A Framework is one compiled framework version. It is not changed after
// [Compile], and may be used concurrently.
type Framework struct {
	Document *trustframeworks.Document
	Root     string            // "procura/f/" and 32 hex digits; see [Root]
	Digest   string            // hex SHA-256; see [Digest]
	Files    map[string][]byte // the bundle, by path
	Context  []byte            // the JSON-LD context that Document.Context() addresses
	Schemas  map[string]Schema // by variant
	Examples map[string][]byte // by variant: an unsigned credential, VC Data Model 1.1
	Policy   policies.Bundle   // what of Files decides
	Facts    facts.Framework   // what derived facts take from the framework

	types map[string]*ast.Module // the framework's own constraint types
}

// CodeInternal is the code of a finding that is this program's fault.
const CodeInternal = "framework.uncompilable"

// Compile compiles a document that Parse returned. What is not built yet is
// refused, each with its path.
func Compile(doc *trustframeworks.Document) (*Framework, []trustframeworks.Finding) {
	return CompileWith(doc, nil)
}

// CompileWith compiles a document with the Rego of constraint types of its own:
// by file name, "exclusion.rego" for the type exclusion.
func CompileWith(doc *trustframeworks.Document, rego map[string][]byte) (f *Framework, found []trustframeworks.Finding) {
	defer func() {
		// OPA's parser, compiler and formatter read what anybody wrote.
		if cause := recover(); cause != nil && rego != nil {
			f, found = nil, broken(cause)
		} else if cause != nil {
			panic(cause)
		}
	}()
	if !doc.Sound() {
		return nil, []trustframeworks.Finding{{Code: CodeInternal, Message: "the document was not made by Parse"}}
	}
	types, found := own(doc, rego)
	if found = append(found, unsupported(doc, types)...); len(found) > 0 {
		return nil, trustframeworks.SortFindings(found)
	}
	f = &Framework{Document: doc, Root: Root(doc.Name, doc.Version), types: types}
	found, err := f.build()
	if err != nil {
		found = append(found, doc.Finding("", CodeInternal, "%v", err))
	}
	if len(found) > 0 {
		return nil, trustframeworks.SortFindings(found)
	}
	return f, nil
}

// Brief returns what deciding takes of f beside its engine: the files of the
// bundle, schemas as text and examples are gone, and the document is brief.
func (f *Framework) Brief() *Framework {
	return &Framework{Document: f.Document.Brief(), Root: f.Root, Digest: f.Digest, Facts: f.Facts}
}

// Legible returns what others read of f: the bundle, the schemas, and of the
// document what it was read from. Nothing can be decided by it.
func (f *Framework) Legible() *Framework {
	return &Framework{Document: f.Document.Legible(), Root: f.Root, Digest: f.Digest, Files: f.Files, Schemas: f.Schemas}
}

// Root is the folder of a framework version in every bundle: its packages and
// data all lie below, so that many frameworks live in one (semantics 2.3).
func Root(name, version string) string {
	sum := sha256.Sum256([]byte(name + "@" + version))
	return "procura/f/" + hex.EncodeToString(sum[:16])
}

// build makes the parts in the order in which they need each other.
func (f *Framework) build() ([]trustframeworks.Finding, error) {
	var err error
	if f.Context, err = f.context(); err != nil {
		return nil, fmt.Errorf("context: %w", err)
	}
	if f.Schemas, err = f.schemas(); err != nil {
		return nil, fmt.Errorf("schemas: %w", err)
	}
	var found []trustframeworks.Finding
	if f.Examples, found, err = f.examples(); err != nil || len(found) > 0 {
		return found, err
	}
	if f.Files, err = f.files(); err != nil {
		return nil, err
	}
	f.Digest = Digest(f.Files)
	f.Policy = policies.Bundle{Root: f.Root, Digest: f.Digest, Files: f.policy(), Shipped: true}
	return nil, nil
}

// files makes every file of the bundle. OPA reads the Rego, data.json and
// .manifest; the others are carried so that the digest covers the whole
// framework, and whoever has the bundle has the document.
func (f *Framework) files() (map[string][]byte, error) {
	files, err := f.modules()
	if err != nil {
		return nil, fmt.Errorf("rego: %w", err)
	}
	data := f.data()
	raw, err := encode(data)
	if err != nil {
		return nil, fmt.Errorf("data: %w", err)
	}
	if f.Facts, err = facts.ParseFramework(raw); err != nil {
		return nil, err
	}
	extra := map[string]any{
		f.Root + "/data.json":     map[string]any{"framework": data},
		f.Root + "/document.json": f.Document.Tree(),
		".manifest":               f.manifest(),
	}
	for name, v := range extra {
		if files[name], err = encode(v); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	files[f.Root+"/context.jsonld"] = f.Context
	for name, raw := range f.Listed() {
		files[f.Root+"/"+name] = raw
	}
	for variant, s := range f.Schemas {
		files[f.Root+"/schemas/"+variant+".json"] = s.Credential
	}
	return files, nil
}

// policy gives what the engine runs.
func (f *Framework) policy() map[string][]byte {
	files := maps.Clone(f.Files)
	maps.DeleteFunc(files, func(name string, _ []byte) bool {
		return path.Ext(name) != ".rego" && path.Base(name) != "data.json"
	})
	return files
}
