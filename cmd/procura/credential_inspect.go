package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/procura-dev/procura/verifier/vc"
)

func credentialInspect() *cobra.Command {
	var url, stateURL bool
	c := &cobra.Command{
		Use:   "inspect FILE",
		Short: "Show what a credential, presentation or challenge says; nothing is verified",
		Long: `Shows what stands in a file, or with - on standard input: JSON indented, a JWT
opened, an SD-JWT with what it discloses in its place, and where something is withheld.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if url || stateURL {
				return printURL(cmd, args[0], stateURL)
			}
			return inspect(cmd, args[0])
		},
	}
	c.Flags().BoolVar(&url, "url", false, "print where to send presentations for the challenge in FILE")
	c.Flags().BoolVar(&stateURL, "state-url", false, "print where the state of the challenge in FILE can be read")
	c.MarkFlagsMutuallyExclusive("url", "state-url")
	return c
}

func printURL(cmd *cobra.Command, path string, state bool) error {
	c, err := readChallenge(path)
	if err != nil {
		return err
	}
	if c.PresentationsURL == "" {
		return fmt.Errorf("%s is no challenge: it has no presentationsUrl", path)
	}
	url := c.PresentationsURL
	if state {
		url = strings.TrimSuffix(url, "/presentations")
	}
	fmt.Fprintln(cmd.OutOrStdout(), url)
	return nil
}

// readFile reads a file, or standard input for "-".
func readFile(cmd *cobra.Command, path string) ([]byte, error) {
	if path == "-" {
		return io.ReadAll(cmd.InOrStdin())
	}
	return os.ReadFile(path)
}

func inspect(cmd *cobra.Command, path string) error {
	raw, err := readFile(cmd, path)
	if err != nil {
		return err
	}
	text := strings.TrimSpace(string(raw))
	shown, err := decoded(text)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	var out bytes.Buffer
	if strings.HasPrefix(text, "{") { // in its own order
		err = json.Indent(&out, []byte(text), "", "  ")
	} else {
		e := json.NewEncoder(&out)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		err = e.Encode(shown)
	}
	if err != nil {
		return err
	}
	fmt.Fprintln(cmd.OutOrStdout(), strings.TrimSpace(out.String()))
	return nil
}

// decoded opens a JWT and the JWTs that it holds, or an SD-JWT.
func decoded(text string) (any, error) {
	if strings.HasPrefix(text, "{") {
		return vc.ParseJSON([]byte(text))
	}
	if strings.Contains(text, "~") {
		return decodedSDJWT(text)
	}
	jwt, err := vc.ParseJWT(text)
	if err != nil {
		return nil, err
	}
	return map[string]any{"header": jwt.Header, "payload": opened(jwt.Payload)}, nil
}

func decodedSDJWT(text string) (any, error) {
	s, err := vc.ParseSDJWT(text)
	if err != nil {
		return nil, err
	}
	disclosed, withheld := []string{}, []string{}
	for _, d := range s.Disclosures {
		disclosed = append(disclosed, pointerTo(d.Path))
	}
	for _, path := range s.Withheld {
		withheld = append(withheld, pointerTo(path)+"/…")
	}
	out := map[string]any{"header": s.Issued.Header, "payload": s.Claims, "disclosed": disclosed, "withheld": withheld}
	if s.Binding != nil {
		out["keyBinding"] = map[string]any{"header": s.Binding.Header, "payload": s.Binding.Payload}
	}
	return out, nil
}

func opened(v any) any {
	switch x := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(x))
		for k, item := range x {
			out[k] = opened(item)
		}
		return out
	case []any:
		out := make([]any, len(x))
		for i, item := range x {
			out[i] = opened(item)
		}
		return out
	case string:
		text := strings.TrimPrefix(strings.TrimPrefix(x, "data:application/vc+jwt,"), "data:application/vp+jwt,")
		if strings.Count(text, ".") == 2 {
			if inner, err := decoded(text); err == nil {
				return inner
			}
		}
	}
	return v
}
