package server

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/procura-dev/procura/server/store/seal"
)

// ErrNoKeyFile: there is no key where it should lie.
var ErrNoKeyFile = errors.New("there is no key file")

// KeyFileOf is where the key of a data folder lies: beside it, so that a copy
// of the folder does not hold it.
func KeyFileOf(dataDir string) string { return filepath.Clean(dataDir) + ".key" }

// OpenKey reads the key at path. Where there is none it makes one if mayMake,
// which only holds while the database is empty, and says so: made. Errors name
// the path.
func OpenKey(path string, mayMake bool) (key *seal.Key, made bool, err error) {
	if mayMake {
		if made, err = makeKey(path); err != nil {
			return nil, false, err
		}
	}
	key, err = seal.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, false, fmt.Errorf("%w at %s: the database needs the one it was begun with", ErrNoKeyFile, path)
	}
	return key, made, err
}

func makeKey(path string) (bool, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return false, fmt.Errorf("making the key's folder: %w", err)
	}
	err := seal.MakeFile(path)
	if errors.Is(err, fs.ErrExist) {
		return false, nil // another process was first, or we were here before
	}
	return err == nil, err
}
