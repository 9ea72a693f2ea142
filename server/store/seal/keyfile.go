package seal

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// ErrKeyFile: a key file that cannot be used as one.
var ErrKeyFile = errors.New("not a usable key file")

// maxFile bounds a key file, in bytes.
const maxFile = 4096

// ReadFile reads a key file: 32 bytes as base64url without padding, in a plain
// file, no symbolic link, of this process's user, that nobody else may read.
// Without one the error is fs.ErrNotExist.
func ReadFile(path string) (*Key, error) {
	text, err := readPrivate(path)
	if err != nil {
		return nil, err
	}
	defer clear(text)
	line := strings.TrimSpace(string(text))
	b, err := base64.RawURLEncoding.Strict().DecodeString(line)
	if err != nil || len(b) != Size || strings.ContainsAny(line, "\r\n") { // encoding/base64 passes over line ends
		return nil, fmt.Errorf("%w: %s must hold %d bytes as base64url", ErrKeyFile, path, Size)
	}
	defer clear(b)
	return NewKey([Size]byte(b)), nil
}

// readPrivate looks at the file that it reads: between a look at a name and a
// reading of it the name can come to mean another file. Opening does not wait
// for a pipe's other end.
func readPrivate(path string) ([]byte, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if errors.Is(err, syscall.ELOOP) {
		return nil, fmt.Errorf("%w: %s is a symbolic link", ErrKeyFile, path)
	}
	if err != nil {
		return nil, fmt.Errorf("key file: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("key file: %w", err)
	}
	if err := private(info, os.Geteuid()); err != nil {
		return nil, fmt.Errorf("%w: %s %w", ErrKeyFile, path, err)
	}
	text, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("key file: %w", err)
	}
	if len(text) > maxFile {
		return nil, fmt.Errorf("%w: %s is larger than %d bytes", ErrKeyFile, path, maxFile)
	}
	return text, nil
}

// private reports what is wrong with a file that only user may read.
func private(info fs.FileInfo, user int) error {
	if !info.Mode().IsRegular() || info.Mode().Perm()&0o077 != 0 {
		return errors.New("must be a plain file of mode 0600")
	}
	if owner, ok := info.Sys().(*syscall.Stat_t); !ok || int64(owner.Uid) != int64(user) {
		return errors.New("must belong to the user that the process runs as")
	}
	return nil
}

// MakeFile writes a new random key to path, which must not exist: else
// fs.ErrExist. The file is there as a whole or not at all, so that of several
// processes one makes it and the others read it.
func MakeFile(path string) error {
	var secret [Size]byte
	rand.Read(secret[:])                                                    // never fails (crypto/rand)
	tmp, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*") // mode 0600
	if err != nil {
		return fmt.Errorf("key file: %w", err)
	}
	defer func() { _ = os.Remove(tmp.Name()) }() // the file has a name of its own by then
	_, err = tmp.WriteString(base64.RawURLEncoding.EncodeToString(secret[:]) + "\n")
	err = errors.Join(err, tmp.Sync(), tmp.Close())
	if err != nil {
		return fmt.Errorf("key file: %w", err)
	}
	// A link fails where the name is taken, as O_EXCL does.
	if err := os.Link(tmp.Name(), path); err != nil {
		if errors.Is(err, fs.ErrExist) {
			return fs.ErrExist
		}
		return fmt.Errorf("key file: %w", err)
	}
	return syncDir(filepath.Dir(path))
}

// syncDir makes the new name last: a database without its key is lost.
func syncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("key file: %w", err)
	}
	defer d.Close()
	if err := d.Sync(); err != nil {
		return fmt.Errorf("key file: %w", err)
	}
	return nil
}
