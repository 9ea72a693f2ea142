package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/procura-dev/procura/trustframeworks"
)

func policySetCommand() *cobra.Command {
	c := &cobra.Command{Use: "policyset", Short: "Publish and activate what answers wallet servers, and what gates wallets here"}
	c.AddCommand(policySetPublish(), policySetActivate(), policySetGate(), policySetList(), policySetShow())
	return c
}

const policySetsPath = "/v1/policysets"

func policySetPath(name, version string) string {
	return policySetsPath + "/" + url.PathEscape(name) + "/" + url.PathEscape(version)
}

// A setVersion is a version of a policy set, as the server lists it.
type setVersion struct {
	Name, Version, Digest string
	PublishedAt           string
	Revision              int64 // of what is active
}

// ask makes a call without a body, and reads its answer.
func (r *remote) ask(cmd *cobra.Command, path string, answer any) error {
	status, said, err := r.call(cmd.Context(), http.MethodGet, path, "application/json", nil)
	if err != nil {
		return err
	}
	if status != http.StatusOK || json.Unmarshal(said, answer) != nil {
		return problem(status, said)
	}
	return nil
}

func policySetPublish() *cobra.Command {
	r, dryRun := &remote{}, false
	c := &cobra.Command{
		Use:   "publish FILE|DIR NAME VERSION --token-file FILE",
		Short: "Publish a policy set on a server",
		Long: `Publishes a policy set: a folder, or an archive of one, with data.json and Rego in
package procura.authz. It is compiled, and its tests are run. The client whose token
it is must be an author; a name is the author's who published it first. A published
version never changes: the same content again changes nothing. It answers nobody
until an admin activates it.`,
		Args: cobra.ExactArgs(3),
		RunE: func(cmd *cobra.Command, args []string) error {
			raw, err := readPolicySet(args[0])
			if err != nil {
				return err
			}
			path := policySetPath(args[1], args[2])
			if dryRun {
				path += "?dryRun=true"
			}
			status, said, err := r.call(cmd.Context(), http.MethodPut, path, mediaOf(raw), raw)
			if err != nil {
				return err
			}
			return toldSet(cmd, args, dryRun, status, said)
		},
	}
	r.flags(c)
	c.Flags().BoolVar(&dryRun, "dry-run", false, "only say what would come of it")
	return withSettings(c)
}

// readPolicySet reads an archive, or a folder as one.
func readPolicySet(path string) ([]byte, error) {
	if info, err := os.Stat(path); err != nil || !info.IsDir() {
		return os.ReadFile(path)
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, err
	}
	set := trustframeworks.NewPolicySet()
	for _, e := range entries {
		if e.IsDir() || filepath.Ext(e.Name()) != ".rego" && e.Name() != "data.json" {
			continue
		}
		raw, err := os.ReadFile(filepath.Join(path, e.Name()))
		if err != nil {
			return nil, err
		}
		if err := set.Add(e.Name(), raw); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	if set.Document == nil {
		return nil, fmt.Errorf("%s: holds no data.json", path)
	}
	return set.Bytes()
}

// toldSet says what the server answered to publishing.
func toldSet(cmd *cobra.Command, args []string, dryRun bool, status int, said []byte) error {
	var answer struct {
		setVersion
		Findings []trustframeworks.Finding
	}
	switch err := json.Unmarshal(said, &answer); {
	case err == nil && len(answer.Findings) > 0:
		return refused(args[0], answer.Findings)
	case err != nil || status != http.StatusOK && status != http.StatusCreated:
		return problem(status, said)
	case dryRun:
		fmt.Fprintf(cmd.OutOrStdout(), "%s %s can be published\n", args[1], args[2])
		return nil
	}
	what := map[bool]string{true: "published", false: "was published before"}[status == http.StatusCreated]
	fmt.Fprintf(cmd.OutOrStdout(), "%s %s %s\ndigest %s\n", answer.Name, answer.Version, what, answer.Digest)
	return nil
}
