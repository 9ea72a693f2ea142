package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/procura-dev/procura/server/store/sqlite"
)

// The scripts, and the tests that start processes, run this test binary under
// the name procura: TestMain puts it on PATH.
func TestMain(m *testing.M) {
	testscript.Main(tests{m}, map[string]func(){"procura": observed, "bare-gin": bareGin})
}

// tests are all tests, and what has to be removed after them.
type tests struct{ *testing.M }

func (m tests) Run() int {
	defer func() { os.RemoveAll(builtIn) }()
	return m.M.Run()
}

func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Condition:           condition,
		Setup: func(e *testscript.Env) error {
			library, err := filepath.Abs("../../trustframeworks/library")
			e.Setenv("LIBRARY", library)
			e.Setenv("SAMPLE", filepath.Join(library, "../testdata/exclusion"))
			opa, _ := stockOPAPath()
			e.Setenv("OPA", opa)
			return err
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"capture": capture, "expand": expand, "replace": replace, "serve-once": serveOnce, "serve": serve, "mode": mode, "database": database, "did-site": didSite,
		},
	})
}

// condition knows [opa]: stock OPA is at hand, which under CI=true it must be; and
// [unplug]: unshare -rn runs a command where there is no network.
func condition(name string) (bool, error) {
	if name == "unplug" {
		return exec.Command("unshare", "-rn", "true").Run() == nil, nil
	}
	if name != "opa" {
		return false, errors.New("unknown condition " + name)
	}
	_, err := stockOPAPath()
	if err != nil && os.Getenv("CI") == "true" {
		return false, err
	}
	return err == nil, nil
}

// stockOPAPath finds opa on PATH, or where make tools puts it.
func stockOPAPath() (string, error) {
	if made, err := filepath.Abs("../../.cache/bin/opa"); err == nil {
		if _, err := os.Stat(made); err == nil {
			return made, nil
		}
	}
	return exec.LookPath("opa")
}

// capture VAR puts what the last command printed into a variable.
func capture(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: capture VAR")
	}
	ts.Setenv(args[0], strings.TrimSpace(ts.ReadFile("stdout")))
}

// expand FILE replaces $VAR in a file by the variables' values.
func expand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: expand FILE")
	}
	text := os.Expand(ts.ReadFile(args[0]), ts.Getenv)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text), 0o600))
}

// replace FILE OLD NEW replaces the first OLD in a file, which must be there.
func replace(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: replace FILE OLD NEW")
	}
	text := ts.ReadFile(args[0])
	if !strings.Contains(text, args[1]) {
		ts.Fatalf("%s holds no %q", args[0], args[1])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(strings.Replace(text, args[1], args[2], 1)), 0o600))
}

// database DIR makes an empty database, as procura serve begins with.
func database(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: database DIR")
	}
	dir := ts.MkAbs(args[0])
	ts.Check(os.MkdirAll(dir, 0o700))
	ts.Check(sqlite.Migrate(context.Background(), filepath.Join(dir, "procura.db")))
}

// mode OCTAL FILE… holds the permissions of files.
func mode(ts *testscript.TestScript, neg bool, args []string) {
	for _, path := range args[1:] {
		info, err := os.Stat(ts.MkAbs(path))
		ts.Check(err)
		if got := fmt.Sprintf("%#o", info.Mode().Perm()); got != args[0] {
			ts.Fatalf("%s has mode %s, want %s", path, got, args[0])
		}
	}
}

// serve-once ARGS… starts procura serve on a free port and stops it as soon as
// it listens; it must then exit with 0.
func serveOnce(ts *testscript.TestScript, neg bool, args []string) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "procura", append([]string{"serve", "--listen", "127.0.0.1:0"}, args...)...)
	cmd.Dir = ts.MkAbs(".")
	cmd.Env = []string{"PATH=" + ts.Getenv("PATH")}
	stderr, err := cmd.StderrPipe()
	ts.Check(err)
	ts.Check(cmd.Start())
	lines := bufio.NewScanner(stderr)
	for lines.Scan() {
		ts.Logf("%s", lines.Text())
		if strings.Contains(lines.Text(), "procura listens on") {
			ts.Check(cmd.Process.Signal(syscall.SIGTERM))
		}
	}
	if err := cmd.Wait(); (err != nil) != neg {
		ts.Fatalf("procura serve %v: %v", args, err)
	}
}

// serve VAR ARGS… starts procura serve on a free port, to run until the script
// ends, and puts where it is found into a variable.
func serve(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 {
		ts.Fatalf("usage: serve VAR ARGS…")
	}
	ctx, stop := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, "procura", append([]string{"serve", "--listen", "127.0.0.1:0"}, args[1:]...)...)
	cmd.Dir = ts.MkAbs(".")
	cmd.Env = []string{"PATH=" + ts.Getenv("PATH")}
	stderr, err := cmd.StderrPipe()
	ts.Check(err)
	ts.Check(cmd.Start())
	found, ended := make(chan string, 1), make(chan struct{})
	go func() {
		defer close(ended)
		for lines := bufio.NewScanner(stderr); lines.Scan(); {
			if _, at, ok := strings.Cut(lines.Text(), "procura listens on "); ok {
				found <- at
			}
		}
	}()
	ts.Defer(func() {
		stop()
		<-ended
		_ = cmd.Wait() // it was killed
	})
	select {
	case at := <-found:
		ts.Setenv(args[0], at)
	case <-ended:
		ts.Fatalf("procura serve %v ended", args[1:])
	}
}
