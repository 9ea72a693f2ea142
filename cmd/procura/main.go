// Command procura decides, with proof, whether someone may act for someone
// else: it serves the doors, and does offline what needs no server.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/procura-dev/procura/wallet/arena"
)

// What the command exits with.
const (
	exitOK        = 0
	exitDiffers   = 1 // a test failed, the linter found an error, a replay differs, the demo went wrong
	exitUndecided = 2 // it could not do what it was asked
	exitDeny      = 3 // procura verify: the decision is deny
)

// An exit ends the command with a code and no further word.
type exit int

func (e exit) Error() string { return fmt.Sprintf("exit %d", int(e)) }

func main() { os.Exit(run()) }

func run() int {
	if err := arena.NoCore(); err != nil { // the server's secrets or a holder's are in it
		fmt.Fprintln(os.Stderr, "procura: a core of this program can be dumped:", err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	out := &remembering{w: os.Stdout}
	c := root()
	c.SetOut(out)
	err := unknown(c, os.Args[1:])
	if err == nil {
		err = c.ExecuteContext(ctx)
	}
	if err == nil && out.err != nil {
		err = fmt.Errorf("writing the output: %w", out.err)
	}
	if err == nil {
		return exitOK
	}
	if code, ok := errors.AsType[exit](err); ok {
		return int(code)
	}
	fmt.Fprintln(os.Stderr, "procura:", err)
	return exitUndecided
}

// A remembering writer keeps the first error, so that printing need not look
// at each.
type remembering struct {
	w   io.Writer
	err error
}

func (r *remembering) Write(p []byte) (int, error) {
	n, err := r.w.Write(p)
	if r.err == nil {
		r.err = err
	}
	return n, err
}

func root() *cobra.Command {
	c := &cobra.Command{
		Use:   "procura",
		Short: "Decides, with proof, whether someone may act for someone else",
		Long: `Decides, with proof, whether someone may act for someone else: under a published
trust framework, from signed proxy credentials (Aries RFC 0103), with reasons.`,
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	c.CompletionOptions.HiddenDefaultCmd = true
	c.AddCommand(
		serveCommand(), demoCommand(), verifyCommand(), frameworkCommand(), sglCommand(),
		credentialCommand(), replayCommand(), recheckCommand(), packCommand(), policySetCommand(), clientCommand(), issuerCommand(), walletCommand(), keysCommand(), migrateCommand(), versionCommand(),
	)
	sayUsage(c)
	return c
}
