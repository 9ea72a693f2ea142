package main

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// A walletAccount is whose wallet, and where.
type walletAccount struct {
	Server string `json:"server"` // its origin
	Tenant string `json:"tenant"`
	Name   string `json:"name"` // canonical
}

// A walletMemory is the folder in which this device remembers what is no secret of
// the wallet's: whose was used last, and by which token a server knows the device.
// That token opens nothing: it has tries at the password of its own.
type walletMemory struct{ dir string }

// lastUsed is the file of the account that logged in last.
const lastUsed = "last.json"

// openMemory takes the folder given, or that of the user's configuration.
func openMemory(dir string) (*walletMemory, error) {
	if dir == "" {
		config, err := os.UserConfigDir()
		if err != nil {
			return nil, fmt.Errorf("%w: --state names the folder in which this device is remembered", err)
		}
		dir = filepath.Join(config, "procura", "wallet")
	}
	return &walletMemory{dir}, nil
}

// A remembered device is one file, so that two commands at once do not undo each other.
type rememberedDevice struct {
	walletAccount
	Device string `json:"device"`
}

func (m *walletMemory) path(a walletAccount) string {
	sum := sha256.Sum256([]byte(a.Server + "\x00" + a.Tenant + "\x00" + a.Name))
	return filepath.Join(m.dir, fmt.Sprintf("%x.json", sum[:16]))
}

// last is the account that logged in last; zero: none did.
func (m *walletMemory) last() (a walletAccount, err error) {
	return a, m.read(filepath.Join(m.dir, lastUsed), &a)
}

// device is the token by which a server knows this device; empty: it does not.
func (m *walletMemory) device(a walletAccount) (string, error) {
	var d rememberedDevice
	if err := m.read(m.path(a), &d); err != nil {
		return "", err
	}
	if d.walletAccount != a {
		return "", nil
	}
	return d.Device, nil
}

// read leaves to as it is where there is no such file.
func (m *walletMemory) read(path string, to any) error {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := secluded(info); err != nil {
		return fmt.Errorf("%s %w", path, err)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(raw, to); err != nil {
		return fmt.Errorf("%s cannot be read (%w): remove it, and this device is a new one", path, err)
	}
	return nil
}

// keep remembers an account as the last, and where token is not empty the device.
func (m *walletMemory) keep(a walletAccount, token string) error {
	if err := os.MkdirAll(m.dir, 0o700); err != nil {
		return err
	}
	if token != "" {
		if err := m.write(m.path(a), rememberedDevice{a, token}); err != nil {
			return err
		}
	}
	return m.write(filepath.Join(m.dir, lastUsed), a)
}

// write puts a whole file in the place of the one before.
func (m *walletMemory) write(path string, v any) error {
	raw, err := json.Marshal(v)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(m.dir, "*.new") // mode 0600
	if err != nil {
		return err
	}
	_, err = f.Write(append(raw, '\n'))
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name()) // what is wrong is said already
	}
	return err
}

// forget forgets the device, and the account as the last.
func (m *walletMemory) forget(a walletAccount) error {
	paths := []string{m.path(a)}
	if last, err := m.last(); err != nil || last == a {
		paths = append(paths, filepath.Join(m.dir, lastUsed))
	}
	for _, path := range paths {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}
