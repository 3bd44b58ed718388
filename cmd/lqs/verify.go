package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"assay/internal/audit"
	"assay/internal/audit/certificate"
	"assay/internal/fence"
)

// Exit codes of verify; 0 is verified, 3 wrong usage.
const (
	exitDiffers     = 1 // the files are not those of the certificate
	exitInvalid     = 2 // the certificate is broken, altered, or its key was taken back
	exitUnknownKey  = 4 // no trusted key signed it: nothing can be said
	exitRevoked     = 5 // the issuer took the certificate back
	exitRevocations = 6 // the revocation list cannot be relied on
)

type verifyCmd struct {
	Cert        string   `arg:"" help:"The certificate, as downloaded."`
	Path        string   `arg:"" help:"The files that it should be about: a folder, an archive or one file."`
	Key         []string `placeholder:"FILE|HEX" help:"Trust this public key: 64 hexadecimal digits, or a file of keys as the issuer serves it at /.well-known/assay-keys.json. Without it, the files in the folder assay/keys of your settings (~/.config on Linux) are trusted."`
	Revocations string   `placeholder:"FILE" help:"The issuer's list of certificates taken back, from /.well-known/assay-revocations.json."`
	Manifest    string   `placeholder:"FILE" help:"The list of files that the certificate is about, to name those that differ."`
}

// Help says what the codes mean.
func (verifyCmd) Help() string {
	return `Everything happens on this machine: nothing is sent or fetched.

Exit code: 0 the certificate is genuine and the files are the ones it is about;
1 the files differ; 2 the certificate is broken, altered or its key was taken
back; 3 wrong usage; 4 no trusted key signed it; 5 the issuer took it back;
6 the revocation list is out of date, older than one seen before, or not the
issuer's.`
}

// verdictError ends verify with a code and a sentence.
type verdictError struct {
	code     int
	sentence string
}

func (e verdictError) Error() string { return e.sentence }

// Run verifies signature, revocation and files, in that order: what was not
// signed by a trusted key has no say about files.
func (c *verifyCmd) Run(ctx context.Context, s *streams) error {
	err := c.run(ctx, s)
	var v verdictError
	if errors.As(err, &v) {
		fmt.Fprintln(s.out, "NOT VERIFIED: "+v.sentence)
		return exitError(v.code)
	}
	return err
}

func (c *verifyCmd) run(ctx context.Context, s *streams) error {
	keys, err := trustedKeys(c.Key)
	if err != nil {
		return usageError{err}
	}
	cert, err := c.certificate(keys)
	if err != nil {
		return err
	}
	describe(s.out, cert)
	if err := c.revocation(s.out, keys, cert); err != nil {
		return err
	}
	files, err := c.files(ctx, s.err)
	if err != nil {
		return err
	}
	return c.compare(s.out, cert, files)
}

// certificate reads the file and checks its signature.
func (c *verifyCmd) certificate(keys certificate.Keys) (certificate.Certificate, error) {
	file, err := readBounded(c.Cert, certificate.MaxBytes)
	if err != nil {
		return certificate.Certificate{}, usageError{err}
	}
	cert, err := certificate.Verify(file, keys)
	switch {
	case err == nil:
		return cert, nil
	case !errors.Is(err, certificate.ErrUnknownKey):
		return cert, verdictError{exitInvalid, "the certificate is not valid: " + err.Error() + "."}
	}
	// The file was read far enough to name its key; nothing else of it counts.
	claimed, readErr := certificate.ReadUnverified(file)
	if readErr != nil {
		return cert, verdictError{exitInvalid, "the certificate is not valid: " + readErr.Error() + "."}
	}
	sentence := "its signature cannot be trusted, because no key that you trust made it. It names the key " + claimed.KeyID + ". "
	if len(keys) == 0 {
		sentence += "You trust no key yet: get the issuer's keys from a source that you trust and give them by --key."
	} else {
		sentence += "If that key is the issuer's, get its newest keys from a source that you trust and give them by --key."
	}
	return cert, verdictError{exitUnknownKey, sentence}
}

func describe(w io.Writer, c certificate.Certificate) {
	fmt.Fprintf(w, "Certificate  %s\n", c.ID)
	fmt.Fprintf(w, "Data set     %s, version %d (%s)\n", printable(c.Title), c.Version, printable(c.Listing))
	fmt.Fprintf(w, "Issued by    %s on %s\n", printable(c.Issuer), c.IssuedAt.Format(time.DateOnly))
	fmt.Fprintf(w, "Audit        %s on %s: %s, %s; %s not checked\n", c.Verdict, c.AuditedAt.Format(time.DateOnly),
		count(c.Warnings, "warning"), count(c.Infos, "remark"), count(c.NotChecked, "thing"))
	fmt.Fprintf(w, "Rules        %s\n", printable(c.RulesVersion))
	fmt.Fprintf(w, "Signature    good, by key %s\n", c.KeyID)
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// files lists what lies at the path with the walk, the archives and the limits
// of the audit, but looks into no file.
func (c *verifyCmd) files(ctx context.Context, progress io.Writer) (audit.Manifest, error) {
	show := newProgress(progress)
	defer show.done()
	report, err := auditPaths(ctx, []string{c.Path}, audit.Options{
		Inspect: func(context.Context, audit.File, audit.InspectOptions) (audit.Facts, error) {
			return audit.Facts{Status: audit.Read}, nil
		},
		NoOCR: true, Scratch: fence.NewScratch(os.TempDir()), Progress: show.update,
	})
	if err != nil {
		return nil, err
	}
	return report.Manifest, nil
}

// compare holds the files against the root digest.
func (c *verifyCmd) compare(w io.Writer, cert certificate.Certificate, files audit.Manifest) error {
	manifest, err := c.manifest(cert)
	if err != nil {
		return err
	}
	if isAbout(cert, files) {
		fmt.Fprintf(w, "Files        %s, all as certified\nVerified.\n", count(len(files), "file"))
		return nil
	}
	if manifest == nil {
		return verdictError{exitDiffers, fmt.Sprintf("the files are not those of the certificate. It is about %s with %d bytes; here are %s with %d bytes.%s",
			count(int(cert.Files), "file"), cert.Bytes, count(len(files), "file"), sizeOf(files), hint(cert))}
	}
	d := certificate.Compare(manifest, files)
	if d.IsNone() {
		fmt.Fprintf(w, "Files        %s, all as certified (%s masked in the manifest, compared by content)\nVerified.\n",
			count(len(files), "file"), count(d.Masked, "name"))
		return nil
	}
	for _, list := range []struct {
		what  string
		paths []string
	}{{"changed", d.Changed}, {"missing", d.Missing}, {"extra", d.Extra}} {
		for _, p := range list.paths {
			fmt.Fprintf(w, "%-12s %s\n", list.what, printable(p))
		}
	}
	return verdictError{exitDiffers, fmt.Sprintf("the files are not those of the certificate: %d changed, %d missing, %d extra.",
		len(d.Changed), len(d.Missing), len(d.Extra))}
}

// isAbout compares digests. A submission of one bare file is audited without
// the name that its seller gave it.
func isAbout(cert certificate.Certificate, files audit.Manifest) bool {
	if files.Digest() == cert.RootDigest {
		return true
	}
	if len(files) != 1 {
		return false
	}
	bare := audit.Manifest{files[0]}
	bare[0].Path = "submission"
	return bare.Digest() == cert.RootDigest
}

func hint(cert certificate.Certificate) string {
	if cert.MaskedNames > 0 {
		return fmt.Sprintf(" The names of %s hold identifiers and stand masked in the manifest: give it by --manifest to compare by content.", count(cert.MaskedNames, "file"))
	}
	return " Give the manifest by --manifest to see which."
}

func sizeOf(m audit.Manifest) (n int64) {
	for _, f := range m {
		n += f.SizeBytes
	}
	return n
}

// manifest reads the manifest, if one is given. It needs no signature of its
// own: its digest is what was signed.
func (c *verifyCmd) manifest(cert certificate.Certificate) (audit.Manifest, error) {
	if c.Manifest == "" {
		return nil, nil
	}
	f, err := os.Open(c.Manifest)
	if err != nil {
		return nil, usageError{plain(err)}
	}
	defer f.Close()
	m, err := audit.ParseManifest(f, audit.DefaultLimits().Files)
	if err != nil {
		return nil, usageError{err}
	}
	if m.Digest() != cert.RootDigest {
		return nil, verdictError{exitDiffers, "the manifest is not that of the certificate: its digest is " + m.Digest() + ", the certificate names " + cert.RootDigest + "."}
	}
	return m, nil
}

// readBounded reads a small file; one over the limit is cut there and refused
// by who parses it.
func readBounded(name string, limit int64) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, plain(err)
	}
	defer f.Close()
	var b bytes.Buffer
	if _, err := b.ReadFrom(io.LimitReader(f, limit+1)); err != nil {
		return nil, plain(err)
	}
	return b.Bytes(), nil
}
