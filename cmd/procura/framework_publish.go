package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"

	"github.com/spf13/cobra"

	"github.com/procura-dev/procura/trustframeworks"
)

// publishFlags are what procura framework publish takes.
type publishFlags struct {
	remote
	public, dryRun bool
}

func frameworkPublish() *cobra.Command {
	f := &publishFlags{}
	c := &cobra.Command{
		Use:   "publish FILE|DIR --token-file FILE",
		Short: "Publish a framework on a server",
		Long: `Publishes a framework document, or an archive or folder that holds a document and
Rego for constraint types of its own. The client whose token it is must be an author
(procura client add --role author); a name is the author's who published it first. A
published version never changes: the same content again changes nothing.

What is wrong is printed as file:line:column: path: what is wrong (code), and nothing
is published. With --dry-run nothing is either way.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(cmd, args[0]) },
	}
	f.flags(c)
	c.Flags().BoolVar(&f.public, "public", false, "let anybody read it (default: the tenant's clients)")
	c.Flags().BoolVar(&f.dryRun, "dry-run", false, "only say what would come of it")
	return withSettings(c)
}

func (f *publishFlags) run(cmd *cobra.Command, path string) error {
	raw, err := readFramework(path)
	if err != nil {
		return err
	}
	at, err := f.address(path, raw)
	if err != nil {
		return err
	}
	status, said, err := f.call(cmd.Context(), http.MethodPut, at, mediaOf(raw), raw)
	if err != nil {
		return err
	}
	return f.told(cmd.OutOrStdout(), path, status, said)
}

// address is where a framework of its name and version is published. What has
// neither cannot be, and is told here.
func (f *publishFlags) address(path string, raw []byte) (string, error) {
	source, found := trustframeworks.ReadSource(raw)
	var doc *trustframeworks.Document
	if len(found) == 0 {
		doc, found = trustframeworks.Parse(source.Document)
	}
	if len(found) > 0 {
		return "", refused(path, found)
	}
	visibility := "tenant"
	if f.public {
		visibility = "public"
	}
	query := url.Values{"visibility": {visibility}, "dryRun": {fmt.Sprint(f.dryRun)}}
	return versionPath(doc.Name, doc.Version) + "?" + query.Encode(), nil
}

// versionPath is where a server has a version of a framework.
func versionPath(name, version string) string {
	return "/v1/frameworks/" + url.PathEscape(name) + "/" + url.PathEscape(version)
}

// refused prints what is wrong with a framework.
func refused(path string, found []trustframeworks.Finding) error {
	printFindings(os.Stderr, path, found)
	return fmt.Errorf("%s cannot be used (findings: %d)", path, len(found))
}

// mediaOf is the media type of what readFramework gives.
func mediaOf(raw []byte) string {
	switch {
	case bytes.HasPrefix(raw, []byte{0x1f, 0x8b}):
		return "application/gzip"
	case bytes.IndexByte(raw, 0) >= 0:
		return "application/x-tar"
	}
	return "application/yaml" // of which JSON is a part
}

// told says what the server answered.
func (f *publishFlags) told(w io.Writer, path string, status int, said []byte) error {
	var answer struct {
		Name, Version, Digest, Visibility string
		Findings                          []trustframeworks.Finding
	}
	if err := json.Unmarshal(said, &answer); err != nil {
		return problem(status, said)
	}
	if len(answer.Findings) > 0 {
		return refused(path, answer.Findings)
	}
	if status != http.StatusOK && status != http.StatusCreated {
		return problem(status, said)
	}
	what := map[bool]string{true: "published", false: "was published before"}[status == http.StatusCreated]
	if f.dryRun {
		what = "can be published"
	}
	fmt.Fprintf(w, "%s %s %s (%s)\ndigest %s\n", answer.Name, answer.Version, what, answer.Visibility, answer.Digest)
	return nil
}
