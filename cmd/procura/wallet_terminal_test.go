package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"
)

// A terminal is the end at which a person sits: what is typed is written, what is
// shown is read.
type terminal struct {
	*os.File
	shown text
}

// pseudo opens a terminal and the end that a program has of it.
func pseudo(t *testing.T) (person *terminal, program *os.File) {
	t.Helper()
	p, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		needed(t, "a terminal", err)
	}
	t.Cleanup(func() { p.Close() })
	var unlock, number int32
	control(t, p, syscall.TIOCSPTLCK, &unlock)
	control(t, p, syscall.TIOCGPTN, &number)
	program, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { program.Close() })
	person = &terminal{File: p}
	go func() { _, _ = io.Copy(&person.shown, p) }()
	return person, program
}

func control(t *testing.T, f *os.File, what uintptr, to *int32) {
	t.Helper()
	if _, _, err := syscall.Syscall(syscall.SYS_IOCTL, f.Fd(), what, uintptr(unsafe.Pointer(to))); err != 0 {
		t.Fatal(err)
	}
}

// waits until the person is shown a text so many times.
func (p *terminal) waits(t *testing.T, what string, times int) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); strings.Count(p.shown.String(), what) < times; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("no %q is shown: %q", what, p.shown.String())
		}
	}
}

// A typed command is one that has a terminal.
type typed struct {
	*exec.Cmd
	person   *terminal
	out, err text
}

// typing starts the command at a terminal of its own, with an empty standard input.
func typing(t *testing.T, dir string, args ...string) *typed {
	t.Helper()
	person, program := pseudo(t)
	c := &typed{Cmd: exec.Command(procura(t), args...), person: person}
	c.Dir, c.Env, c.Stdout, c.Stderr = dir, []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir}, &c.out, &c.err
	c.ExtraFiles = []*os.File{program}
	c.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true, Ctty: 3}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Process.Kill() })
	return c
}

// A password is asked for at the terminal and not shown there, from before the
// question on; a new one twice. Who gives it up changes nothing.
func TestWalletPasswordIsTyped(t *testing.T) {
	t.Parallel()
	const secret = "hunter2hunter2hunter2"
	dir := t.TempDir()
	s := start(t, procura(t), dir, nil, "--listen", "127.0.0.1:0", "--wallet-registration", "default=open")

	other := typing(t, dir, "wallet", "register", "--server", s.base, "--name", "ann")
	other.person.waits(t, "password: ", 1)
	fmt.Fprint(other.person, secret+"\r")
	other.person.waits(t, "password again: ", 1)
	fmt.Fprint(other.person, "another\r")
	if err := other.Wait(); err == nil || !strings.Contains(other.err.String(), "typed in two ways") {
		t.Errorf("two passwords for one: %v %s", err, other.err.String())
	}

	c := typing(t, dir, "wallet", "register", "--server", s.base, "--name", "ann")
	c.person.waits(t, "password: ", 1)
	fmt.Fprint(c.person, secret+"\r")
	c.person.waits(t, "password again: ", 1)
	fmt.Fprint(c.person, secret+"\r")
	if err := c.Wait(); err != nil {
		t.Fatalf("%v: %s", err, c.err.String())
	}
	if shown := c.person.shown.String(); strings.Contains(shown, secret) {
		t.Errorf("the password is shown: %q", shown)
	}

	open := typing(t, dir, "wallet", "login", "--password-fd", "3") // which is the terminal
	if err := open.Wait(); err == nil || !strings.Contains(open.err.String(), "is a terminal, which would show it") {
		t.Errorf("a terminal as descriptor: %v %s", err, open.err.String())
	}

	left := typing(t, dir, "wallet", "login")
	left.person.waits(t, "password: ", 1)
	fmt.Fprint(left.person, "\x03")
	if err := left.Wait(); err == nil || !strings.Contains(left.err.String(), "it was not typed") {
		t.Errorf("Ctrl-C: %v %s", err, left.err.String())
	}

	ended := typing(t, dir, "wallet", "login")
	ended.person.waits(t, "password: ", 1)
	ended.Process.Signal(syscall.SIGTERM)
	if err := ended.Wait(); err == nil || !strings.Contains(ended.err.String(), "canceled") {
		t.Errorf("SIGTERM: %v %s", err, ended.err.String())
	}
}
