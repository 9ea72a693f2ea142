package server

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// NewClient makes a client and its token, which nobody can see again.
func NewClient(tenant, name string, role Role, domains []string, now time.Time) (*Client, Token) {
	var b [16]byte
	rand.Read(b[:]) // never fails (crypto/rand)
	token := NewToken()
	return &Client{
		ID: hex.EncodeToString(b[:]), Tenant: tenant, Name: name, Role: role, Domains: domains,
		Token: token.Digest(), CreatedAt: now.UTC(),
	}, token
}

// FirstAdmin makes the first admin of a new database and writes its token to
// path (mode 0600). It returns false, and writes nothing, where some process
// made one before.
func FirstAdmin(ctx context.Context, clients Clients, path string, now time.Time) (bool, error) {
	client, token := NewClient(DefaultTenant, "admin", RoleAdmin, nil, now)
	// The token is on disk before it is valid: one that is lost helps nobody.
	tmp, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*") // mode 0600
	if err != nil {
		return false, fmt.Errorf("writing the admin token: %w", err)
	}
	defer func() { _ = os.Remove(tmp.Name()) }() // gone already, where it became the file
	_, err = tmp.WriteString(string(token) + "\n")
	if err := errors.Join(err, tmp.Sync(), tmp.Close()); err != nil {
		return false, fmt.Errorf("writing the admin token: %w", err)
	}
	added, err := clients.AddFirstAdmin(ctx, client)
	if err != nil || !added {
		return false, err
	}
	if err := os.Rename(tmp.Name(), path); err != nil {
		return true, fmt.Errorf("writing the admin token: %w", err)
	}
	return true, nil
}
