// Command lqs audits medical data sets on one's own machine: the same engine
// that judges what is submitted to Assay. Nothing leaves the machine, except what
// upload sends.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/alecthomas/kong"

	"assay/internal/fence"
)

// Exit codes of audit and score; those of verify stand in verify.go.
const (
	exitPassed       = 0
	exitFlagged      = 1 // score: below --fail-under
	exitFailed       = 2 // score: a hard fault
	exitUsage        = 3
	exitUnrecognized = 4
	exitInterrupted  = 130
)

type cli struct {
	Audit   auditCmd   `cmd:"" help:"Audit files, a folder or an archive (zip, tar, tar.gz, tar.zst)."`
	Score   scoreCmd   `cmd:"" help:"Score the labels of a data set: the LQS, with what it lost and what to mend first."`
	Verify  verifyCmd  `cmd:"" help:"Check downloaded files against a signed audit certificate, offline."`
	Rules   rulesCmd   `cmd:"" help:"Print every rule of the audit."`
	Login   loginCmd   `cmd:"" help:"Keep a token, so that this program acts for you at an Assay server."`
	Logout  logoutCmd  `cmd:"" help:"Forget the token on this machine."`
	Whoami  whoamiCmd  `cmd:"" help:"Say whose token is kept, and what it may do."`
	Upload  uploadCmd  `cmd:"" help:"Send files to a data set, resumable, and wait for the audit."`
	Version versionCmd `cmd:"" help:"Print the version of the program, the rules and their tables."`

	AuditChild childCmd `cmd:"" hidden:"" help:"Inspect files for a parent (internal)."`
}

// exitError ends the program with a code; what there is to say was said.
type exitError int

func (e exitError) Error() string { return fmt.Sprintf("exit %d", int(e)) }

// usageError is a mistake in how the program was called.
type usageError struct{ error }

// childCmd is the fenced child of audit.
type childCmd struct{}

func (childCmd) Run() error { return fence.ChildMain(os.Stdin, os.Stdout) }

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// run is the whole program: it returns the exit code.
func run(args []string, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	code := -1
	var c cli
	parser, err := kong.New(&c,
		kong.Name("lqs"),
		kong.Description("Audit medical data sets. Exit code of audit: 0 passed, 1 flagged, 2 failed, 3 wrong usage, 4 nothing recognized. "+
			"Of score: 0 passed, 1 below --fail-under, 2 hard fault, 3 wrong usage, 4 nothing recognized, 130 stopped."),
		kong.UsageOnError(),
		kong.Writers(stdout, stderr),
		kong.Exit(func(n int) { code = n }),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(&streams{stdout, stderr}),
	)
	if err != nil {
		fmt.Fprintln(stderr, "lqs:", err)
		return exitUsage
	}
	parsed, err := parser.Parse(args)
	switch {
	case code >= 0: // --help
		return code
	case err != nil:
		fmt.Fprintln(stderr, "lqs:", err)
		return exitUsage
	}
	return codeOf(parsed.Run(), stderr)
}

func codeOf(err error, stderr io.Writer) int {
	var exit exitError
	var usage usageError
	switch {
	case err == nil:
		return exitPassed
	case errors.As(err, &exit):
		return int(exit)
	case errors.Is(err, context.Canceled):
		fmt.Fprintln(stderr, "lqs: interrupted")
		return exitInterrupted
	case errors.As(err, &usage):
		fmt.Fprintln(stderr, "lqs:", err)
		return exitUsage
	}
	fmt.Fprintln(stderr, "lqs: could not finish:", err)
	return exitUsage
}

type streams struct{ out, err io.Writer }

// version of the program, as the Go tool recorded it.
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}
