package client_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
)

// documented are the vectors of a document.
func documented(t *testing.T, document string) (vectors []any) {
	t.Helper()
	page, err := os.ReadFile("../../docs/" + document)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(page), "```json\n")
	list, _, _ := strings.Cut(rest, "\n```")
	if err := json.Unmarshal([]byte(list), &vectors); err != nil {
		t.Fatal(err)
	}
	return vectors
}

func TestDocumentedVectors(t *testing.T) {
	t.Parallel()
	for task, request := range map[string]any{
		"keys.vectors":    documented(t, "wallet-keys.md"),
		"channel.vectors": documented(t, "wallet-channel.md"),
		"keys.refused":    nil,
		"cbor.forms":      nil,
	} {
		t.Run("node "+task, func(t *testing.T) {
			t.Parallel()
			inNode(t, task, request, nil)
		})
		t.Run("browser "+task, func(t *testing.T) {
			t.Parallel()
			inBrowser(t, nil, task, func(string) any { return request }, nil)
		})
	}
}
