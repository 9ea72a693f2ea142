package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/procura-dev/procura/trustframeworks"
)

// publishFlags are what procura framework publish takes.
type publishFlags struct {
	server, token, tokenFile string
	public, dryRun           bool
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
	c.Flags().StringVar(&f.server, "server", "http://127.0.0.1:8080", "where the server is found")
	c.Flags().StringVar(&f.tokenFile, "token-file", "", "file with the author's token")
	c.Flags().StringVar(&f.token, "token", "", "the token itself; better in PROCURA_TOKEN than where others of this machine see it")
	c.Flags().BoolVar(&f.public, "public", false, "let anybody read it (default: the tenant's clients)")
	c.Flags().BoolVar(&f.dryRun, "dry-run", false, "only say what would come of it")
	return withSettings(c)
}

func (f *publishFlags) run(cmd *cobra.Command, path string) error {
	token, err := f.readToken()
	if err != nil {
		return err
	}
	raw, err := readFramework(path)
	if err != nil {
		return err
	}
	at, err := f.address(path, raw)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(cmd.Context(), http.MethodPut, at, bytes.NewReader(raw))
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", mediaOf(raw))
	// Who answers elsewhere gets no token.
	direct := &http.Client{Timeout: 2 * time.Minute, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := direct.Do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	said, err := io.ReadAll(io.LimitReader(resp.Body, 16<<20))
	if err != nil {
		return fmt.Errorf("reading the server's answer: %w", err)
	}
	return f.told(cmd.OutOrStdout(), path, resp.StatusCode, said)
}

func (f *publishFlags) readToken() (string, error) {
	switch {
	case f.token != "" && f.tokenFile != "":
		return "", errors.New("--token and --token-file: give one of them")
	case f.token != "":
		return strings.TrimSpace(f.token), nil
	case f.tokenFile == "":
		return "", errors.New("procura framework publish: --token-file must be given, or PROCURA_TOKEN set")
	}
	raw, err := os.ReadFile(f.tokenFile)
	return strings.TrimSpace(string(raw)), err
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
	return strings.TrimSuffix(f.server, "/") + "/v1/frameworks/" + url.PathEscape(doc.Name) + "/" + url.PathEscape(doc.Version) + "?" + query.Encode(), nil
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
		Title, Detail                     string
		Findings                          []trustframeworks.Finding
		Errors                            []struct{ Path, Message string }
	}
	if err := json.Unmarshal(said, &answer); err != nil {
		return fmt.Errorf("the server answered %d, and nothing that can be read: %w", status, err)
	}
	if len(answer.Findings) > 0 {
		return refused(path, answer.Findings)
	}
	if status != http.StatusOK && status != http.StatusCreated {
		for _, e := range answer.Errors {
			answer.Detail += " " + e.Path + ": " + e.Message
		}
		return fmt.Errorf("the server answered %d: %s", status, strings.TrimSpace(answer.Title+" "+answer.Detail))
	}
	what := map[bool]string{true: "published", false: "was published before"}[status == http.StatusCreated]
	if f.dryRun {
		what = "can be published"
	}
	fmt.Fprintf(w, "%s %s %s (%s)\ndigest %s\n", answer.Name, answer.Version, what, answer.Visibility, answer.Digest)
	return nil
}
