package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"assay/internal/account"
	"assay/internal/activity"
	"assay/internal/audit/certificate"
	"assay/internal/blob"
	"assay/internal/config"
	"assay/internal/notary"
	"assay/internal/postgres"
)

// activityCommand is about the record of acts.
type activityCommand struct {
	Verify activityVerifyCommand `cmd:"" help:"Walk the whole record and hold it against every published head."`
	Export activityExportCommand `cmd:"" help:"Write an organization's acts as JSON Lines."`
	Check  activityCheckCommand  `cmd:"" help:"Check a proof of one act; needs no database."`
}

// record is what these commands open of a house: database and object store.
type record struct {
	db    *postgres.DB
	blobs *blob.Store
	acts  *activity.Service
}

func openRecord(ctx context.Context) (*record, error) {
	c, err := settings()
	if err != nil {
		return nil, err
	}
	if err := c.CheckServing(); err != nil {
		return nil, err
	}
	return openRecordOf(ctx, c)
}

func openRecordOf(ctx context.Context, c config.Config) (r *record, err error) {
	r = &record{}
	if r.db, err = postgres.Open(ctx, c.DatabaseURL); err != nil {
		return nil, err
	}
	if r.blobs, err = blob.Open(ctx, c.BlobURL); err != nil {
		r.close()
		return nil, err
	}
	issuer := strings.TrimSuffix(c.PublicURL, "/")
	r.acts = activity.New(r.db, r.blobs, notary.New(r.db, nil, issuer), issuer)
	return r, nil
}

func (r *record) close() {
	if r.blobs != nil {
		r.blobs.Close()
	}
	r.db.Close()
}

type activityVerifyCommand struct {
	Keys string `help:"File of trusted keys, kept apart from this server; by default those of its database." placeholder:"FILE"`
}

// Run says how far the record holds, or ends with the first bad row.
func (c activityVerifyCommand) Run(ctx context.Context) error {
	keys, err := readKeys(c.Keys)
	if err != nil {
		return err
	}
	r, err := openRecord(ctx)
	if err != nil {
		return err
	}
	defer r.close()
	return r.verify(ctx, os.Stdout, keys)
}

func (r *record) verify(ctx context.Context, w io.Writer, keys certificate.Keys) error {
	c, err := r.acts.Verify(ctx, postgres.Actor{Platform: postgres.Worker}, keys)
	var f *activity.Fault
	if errors.As(err, &f) {
		return fmt.Errorf("the record does not hold: %w", f)
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "The record holds: %d rows, held against %d published heads.\n", c.Rows, c.Heads)
	if c.Unsigned > 0 {
		fmt.Fprintf(w, "%d heads carry no signature of a known key.\n", c.Unsigned)
	}
	if c.Rows > c.LastHead {
		fmt.Fprintf(w, "%d rows behind the last head are held by the chain alone until the next.\n", c.Rows-c.LastHead)
	}
	return nil
}

func readKeys(file string) (certificate.Keys, error) {
	if file == "" {
		return nil, nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	return certificate.ParseKeys(text)
}

type activityExportCommand struct {
	Organization string `required:"" help:"Slug of the organization." placeholder:"SLUG"`
}

// Run writes to standard output, the newest act first.
func (c activityExportCommand) Run(ctx context.Context) error {
	r, err := openRecord(ctx)
	if err != nil {
		return err
	}
	defer r.close()
	return r.export(ctx, os.Stdout, c.Organization)
}

func (r *record) export(ctx context.Context, w io.Writer, slug string) error {
	a := postgres.Actor{Platform: postgres.Worker}
	organization, err := account.New(r.db, account.Options{}).OrganizationOf(ctx, a, slug)
	if err != nil {
		return err
	}
	a.Organization = organization
	return r.acts.Export(ctx, a, activity.Filter{}, w)
}

type activityCheckCommand struct {
	File  string `arg:"" help:"The proof, as /organization/activity gives it." type:"existingfile"`
	Heads string `required:"" help:"Address of the Assay whose heads are trusted, such as https://assay.example, or the file of the head." placeholder:"URL|FILE"`
	Keys  string `help:"File of trusted keys: then the head must be signed by one." placeholder:"FILE"`
}

// Run says what the proof shows, or ends with why it does not hold.
func (c activityCheckCommand) Run(ctx context.Context) error { return c.check(ctx, os.Stdout) }

func (c activityCheckCommand) check(ctx context.Context, w io.Writer) error {
	keys, err := readKeys(c.Keys)
	if err != nil {
		return err
	}
	text, err := os.ReadFile(c.File)
	if err != nil {
		return err
	}
	p, err := activity.ReadProof(text)
	if err != nil {
		return err
	}
	file, err := c.headFile(ctx, p.Head.Number)
	if err != nil {
		return err
	}
	head, err := activity.ReadHead(file)
	if err != nil {
		return err
	}
	act, err := p.Check(head.Head)
	if err == nil && keys != nil {
		err = head.CheckSignature(keys)
	}
	if err != nil {
		return fmt.Errorf("the proof does not hold: %w", err)
	}
	fmt.Fprintf(w, "The proof holds.\nAct       %s\nOf        %s %s\nDone      %s\nRow       %d\nPublished %s, with the head of row %d\n",
		printable(act.Verb), printable(act.Object), printable(act.ObjectID), act.At.UTC().Format(time.RFC3339), p.Number,
		head.At.UTC().Format(time.RFC3339), head.Number)
	return nil
}

// printable takes out what could steer a terminal.
func printable(s string) string {
	return strings.Trim(fmt.Sprintf("%+q", s), `"`)
}

// maxHead bounds what is read from another server.
const maxHead = 2 << 20

// headFile reads the head of a row from its file, or from the site that
// published it.
func (c activityCheckCommand) headFile(ctx context.Context, number int64) ([]byte, error) {
	if !strings.HasPrefix(c.Heads, "http://") && !strings.HasPrefix(c.Heads, "https://") {
		return os.ReadFile(c.Heads)
	}
	address := fmt.Sprintf("%s/trust/activity/heads/%d.json", strings.TrimSuffix(c.Heads, "/"), number)
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, fmt.Errorf("the address of the heads is not valid: %w", err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, fmt.Errorf("fetch the head: %w", err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("fetch the head: %s answers %s", address, res.Status)
	}
	return io.ReadAll(io.LimitReader(res.Body, maxHead))
}
