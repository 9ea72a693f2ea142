package main

import (
	"bytes"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// Every command in README.md works: make targets exist, the lines to paste are
// those that make run prints (TestPastedLines pastes them), and all others are
// run here, in their order.
func TestReadmeCommands(t *testing.T) {
	t.Parallel()
	var pasted, ran strings.Builder
	for _, block := range blocks(t, "../../README.md") {
		for line := range strings.Lines(block.commands) {
			target, isMake := strings.CutPrefix(strings.TrimSpace(line), "make ")
			switch {
			case isMake:
				dryRun(t, target)
			case strings.Contains(line, ".procura/example/"):
				pasted.WriteString(line)
			default:
				ran.WriteString(line)
			}
		}
	}
	want := strings.Join(exampleLines("bin/procura", ".procura/example", "http://127.0.0.1:8080"), "")
	if pasted.String() != want {
		t.Errorf("README.md has the lines\n%s\nwhile make run prints\n%s", pasted.String(), want)
	}
	if ran.Len() == 0 {
		t.Fatal("README.md has no command to run")
	}
	paste(t, folder(t), ran.String())
}

// dryRun asks make what it would do for a target.
func dryRun(t *testing.T, target string) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "make", "-n", "-C", "../..", target).CombinedOutput()
	if err != nil {
		t.Errorf("make -n %s: %v: %s", target, err, out)
	}
}

// What make run and make demo call is what the tests here call.
func TestMakeCallsTheCommand(t *testing.T) {
	t.Parallel()
	for target, want := range map[string]string{
		"run":  "./bin/procura serve --data .procura/data --example .procura/example",
		"demo": "./bin/procura demo",
	} {
		out, err := exec.CommandContext(t.Context(), "make", "-n", "-C", "../..", target).Output()
		if err != nil || !bytes.Contains(out, []byte("\n"+want+"\n")) {
			t.Errorf("make -n %s: %v: %s, want %q in it", target, err, out, want)
		}
	}
}

// The targets of the Makefile that others rely on are listed by make help.
func TestMakeHelp(t *testing.T) {
	t.Parallel()
	out, err := exec.CommandContext(t.Context(), "make", "-s", "-C", "../..", "help").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, target := range strings.Fields("help tools build run demo test test-race lint fuzz bench bench-compare soak verify generate") {
		if !regexp.MustCompile(`(?m)^` + target + ` +\S`).Match(out) {
			t.Errorf("make help does not list %s:\n%s", target, out)
		}
	}
}
