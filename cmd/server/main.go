// Command server is Assay: the web server, its workers, the migrations and the
// demo, in one binary.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"assay/internal/config"
	"assay/internal/fence"
)

// commands are the subcommands; their help is what `server --help` shows.
type commands struct {
	Serve   serveCommand   `cmd:"" help:"Run the web server and the workers in one process."`
	Web     webCommand     `cmd:"" help:"Run the web server alone."`
	Worker  workerCommand  `cmd:"" help:"Run the workers alone."`
	Migrate migrateCommand `cmd:"" help:"Bring the database to the newest version, as its owner."`
	Demo    demoCommand    `cmd:"" help:"Run everything with a private Postgres and demo data."`
	Seed    seedCommand    `cmd:"" help:"Show the external listings; make the first admin."`
	Code    codeCommand    `cmd:"" help:"Print the codes for the demo's reviewer and admin."`
	Config  configCommand  `cmd:"" help:"Print the settings and where each came from."`

	ResetFactors resetFactorsCommand `cmd:"" help:"Remove the passkeys, app and recovery codes of an account whose owner lost them."`
	Activity     activityCommand     `cmd:"" help:"Verify or export the record of acts, or check a proof from it."`
	Vault        vaultCommand        `cmd:"" help:"Bring what is sealed under the newest keys."`
	RevokeKey    revokeKeyCommand    `cmd:"" help:"Take back a key that signed certificates and may be in other hands."`

	AuditChild auditChildCommand `cmd:"" hidden:"" help:"Inspect files behind the fence; started by the others."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var c commands
	parser := kong.Parse(&c, kong.Name("server"), kong.Description("Assay: a marketplace for licensed medical data sets."),
		kong.BindTo(ctx, (*context.Context)(nil)), kong.UsageOnError())
	if err := parser.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "server: "+err.Error())
		os.Exit(1)
	}
}

// settings loads the configuration, or ends with every mistake named.
func settings() (config.Config, error) { return config.Load(config.Environ()) }

type auditChildCommand struct{}

// Run is the whole life of a fenced child.
func (auditChildCommand) Run() error { return fence.ChildMain(os.Stdin, os.Stdout) }

type configCommand struct{}

// Run prints the settings.
func (configCommand) Run() error {
	c, err := settings()
	if err != nil {
		return err
	}
	return c.Print(os.Stdout, config.Environ())
}
