package config_test

import (
	"strings"
	"testing"

	"assay/internal/config"
)

func TestAllMistakesAreReportedTogetherWithoutSecrets(t *testing.T) {
	_, err := config.Load([]string{
		"ASSAY_ADDR=nowhere", "DATABASE_URL=mysql://u:hunter2@h/db", "ASSAY_SECRET_KEY=hunter2", "ASSAY_SIGNING_KEY=hunter2", "ASSAY_VAULT_KEY=hunter2", "ASSAY_OLD_SECRET_KEYS=hunter2",
		"ASSAY_LOG_LEVEL=loud", "ASSAY_PUBLIC_URL=ftp://x",
	})
	if err == nil {
		t.Fatal("Load accepted eight mistakes")
	}
	for _, name := range []string{"ASSAY_ADDR", "DATABASE_URL", "ASSAY_SECRET_KEY", "ASSAY_SIGNING_KEY", "ASSAY_VAULT_KEY", "ASSAY_OLD_SECRET_KEYS", "ASSAY_LOG_LEVEL", "ASSAY_PUBLIC_URL"} {
		if !strings.Contains(err.Error(), name) {
			t.Errorf("the error does not name %s: %v", name, err)
		}
	}
	if strings.Contains(err.Error(), "hunter2") {
		t.Errorf("the error quotes a secret: %v", err)
	}
}

func TestANumberThatIsNoneIsNamed(t *testing.T) {
	_, err := config.Load([]string{"ASSAY_MAX_ENTRIES=many"})
	if err == nil || !strings.Contains(err.Error(), "MaxEntries") {
		t.Errorf("Load = %v, want an error that names MaxEntries", err)
	}
}

func TestPrintShowsNoSecret(t *testing.T) {
	const signing = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
	environ := []string{"DATABASE_URL=postgres://u:hunter2@h/db", "ASSAY_ADDR=127.0.0.1:9", "ASSAY_SIGNING_KEY=" + signing}
	c, err := config.Load(environ)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := c.Print(&out, environ); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(out.String(), "hunter2") || strings.Contains(out.String(), signing) {
		t.Errorf("Print shows a secret:\n%s", out.String())
	}
	if !strings.Contains(out.String(), "127.0.0.1:9") {
		t.Errorf("Print hides the address:\n%s", out.String())
	}
}
