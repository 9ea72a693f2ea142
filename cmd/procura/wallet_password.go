package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// maxSecret bounds a password, and whatever else a file keeps secret, in bytes.
const maxSecret = 4096

// A secret is where a password is read from: a descriptor, a file, or else the
// terminal. It is no argument and no variable, which others of the machine can see.
type secret struct {
	what string // "password", and what its flags begin with
	fd   int
	file string
}

func (s *secret) flags(c *cobra.Command, what string) {
	s.what = what
	name := strings.ReplaceAll(what, " ", "-")
	c.Flags().IntVar(&s.fd, name+"-fd", -1, "read the "+what+" from this file descriptor, until its end (default: ask at the terminal)")
	c.Flags().StringVar(&s.file, name+"-file", "", "read the "+what+" from this file, which nobody else may read")
	c.MarkFlagsMutuallyExclusive(name+"-fd", name+"-file")
}

// read reads it; at a terminal it is asked for, and typed twice where it is new.
func (s *secret) read(ctx context.Context, isNew bool) (string, error) {
	text, err := await(ctx, func() (string, error) {
		switch {
		case s.file != "":
			return secretFile(s.file)
		case s.fd >= 0:
			return secretFrom(os.NewFile(uintptr(s.fd), "descriptor"), s.what)
		}
		return "", nil
	})
	if err != nil {
		return "", fmt.Errorf("the %s: %w", s.what, err)
	}
	if s.file == "" && s.fd < 0 {
		return s.typed(ctx, isNew)
	}
	return text, nil
}

// await waits for what may block until somebody types or writes, or for ctx.
func await[T any](ctx context.Context, do func() (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	go func() {
		v, err := do()
		done <- result{v, err}
	}()
	select {
	case r := <-done:
		return r.value, r.err
	case <-ctx.Done():
		return *new(T), ctx.Err()
	}
}

// secretFile reads a file, but none that others may read.
func secretFile(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	info, err := f.Stat()
	if err != nil {
		return "", err
	}
	if err := secluded(info); err != nil {
		return "", fmt.Errorf("%s %w", path, err)
	}
	return secretFrom(f, path)
}

// secluded refuses what others may read.
func secluded(info fs.FileInfo) error {
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return fmt.Errorf("has mode %#o, and others may have read it: it must be 0600", mode)
	}
	return nil
}

// secretFrom reads a secret and closes where it was. The end of its last line is
// not part of it.
func secretFrom(f *os.File, name string) (string, error) {
	if f == nil {
		return "", fs.ErrInvalid
	}
	defer f.Close()
	if term.IsTerminal(int(f.Fd())) {
		return "", fmt.Errorf("%s is a terminal, which would show it: leave the flag out to be asked there", name)
	}
	raw, err := io.ReadAll(io.LimitReader(f, maxSecret+1))
	if err != nil {
		return "", err
	}
	text := strings.TrimSuffix(strings.TrimSuffix(string(raw), "\n"), "\r")
	switch {
	case len(raw) > maxSecret:
		return "", fmt.Errorf("%s has more than %d bytes", name, maxSecret)
	case text == "":
		return "", fmt.Errorf("%s is empty", name)
	}
	return text, nil
}

// typed asks at the terminal, whose standard input may be something else.
func (s *secret) typed(ctx context.Context, isNew bool) (string, error) {
	tty, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
	if err != nil {
		flag := strings.ReplaceAll(s.what, " ", "-")
		return "", fmt.Errorf("there is no terminal to ask for the %s: give --%s-file FILE or --%s-fd N", s.what, flag, flag)
	}
	defer tty.Close()
	first, err := prompted(ctx, tty, s.what+": ")
	if err != nil || !isNew {
		return first, err
	}
	again, err := prompted(ctx, tty, s.what+" again: ")
	if err == nil && again != first {
		err = fmt.Errorf("the %s was typed in two ways: nothing was done", s.what)
	}
	return first, err
}

// prompted asks for one line, which is not shown. The terminal shows nothing from
// before the question on.
func prompted(ctx context.Context, tty *os.File, prompt string) (string, error) {
	before, err := term.MakeRaw(int(tty.Fd()))
	if err != nil {
		return "", err
	}
	defer func() { _ = term.Restore(int(tty.Fd()), before) }() // there is nobody to tell
	line, err := await(ctx, func() (string, error) { return term.NewTerminal(tty, "").ReadPassword(prompt) })
	switch {
	case errors.Is(err, io.EOF): // Ctrl-C, Ctrl-D
		err = errors.New("it was not typed: nothing was done")
	case err == nil && line == "":
		err = errors.New("nothing was typed: nothing was done")
	}
	return line, err
}
