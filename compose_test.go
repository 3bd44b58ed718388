package assay_test

import (
	"context"
	"maps"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"

	"assay/internal/config"
)

// answers is what an operator puts into .env: every variable that
// docker-compose.yml asks for and gives no default.
var answers = []string{
	"POSTGRES_PASSWORD=a", "OWNER_PASSWORD=b", "APP_PASSWORD=c",
	"OBJECTS_ACCESS_KEY=d", "OBJECTS_SECRET_KEY=e",
	"ASSAY_SECRET_KEY=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
	"ASSAY_VAULT_KEY=AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=",
	"ASSAY_SIGNING_KEY=AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=",
	"ASSAY_PUBLIC_URL=https://assay.example", "ASSAY_SMTP_URL=smtps://u:p@mail.example:465",
	"ASSAY_MAIL_FROM=Assay <no-reply@assay.example>",
}

func loadCompose(t *testing.T, environ []string) (*types.Project, error) {
	t.Helper()
	options, err := cli.NewProjectOptions([]string{"docker-compose.yml"}, cli.WithEnv(environ), cli.WithDiscardEnvFile)
	if err != nil {
		t.Fatal(err)
	}
	return options.LoadProject(context.WithoutCancel(t.Context()))
}

func compose(t *testing.T) *types.Project {
	t.Helper()
	p, err := loadCompose(t, answers)
	if err != nil {
		t.Fatalf("docker-compose.yml does not load: %v", err)
	}
	return p
}

// settingNames is every variable that config.Config reads.
func settingNames() []string {
	var names []string
	for _, f := range reflect.VisibleFields(reflect.TypeFor[config.Config]()) {
		if name := f.Tag.Get("env"); name != "-" && name != "" {
			names = append(names, name)
		}
	}
	return names
}

func environOf(s types.ServiceConfig) []string {
	var environ []string
	for name, value := range s.Environment {
		if value != nil {
			environ = append(environ, name+"="+*value)
		}
	}
	return environ
}

func TestComposeSetsOnlySettingsThatExist(t *testing.T) {
	known := settingNames()
	for name, s := range compose(t).Services {
		for variable := range s.Environment {
			ours := strings.HasPrefix(variable, "ASSAY_") || variable == "DATABASE_URL"
			if ours && !slices.Contains(known, variable) {
				t.Errorf("service %s sets %s, which config.Config does not read", name, variable)
			}
		}
	}
}

func TestComposeServicesHaveWhatTheirCommandNeeds(t *testing.T) {
	p := compose(t)
	for _, name := range []string{"web", "worker"} {
		c, err := config.Load(environOf(p.Services[name]))
		if err != nil {
			t.Errorf("the settings of %s are not valid: %v", name, err)
			continue
		}
		if err := c.CheckServing(); err != nil {
			t.Errorf("%s cannot serve: %v", name, err)
		}
		if !strings.HasPrefix(c.BlobURL, "s3://") {
			t.Errorf("%s does not use the S3-compatible store", name)
		}
		if c.SMTPURL == "" || c.MailFrom == "" {
			t.Errorf("%s has no mail server: nobody could confirm an address", name)
		}
		if c.OwnerDatabaseURL != "" || c.SuperDatabaseURL != "" {
			t.Errorf("%s knows the password of the owner or the superuser", name)
		}
	}
	m, err := config.Load(environOf(p.Services["migrate"]))
	if err != nil {
		t.Fatalf("the settings of migrate are not valid: %v", err)
	}
	if m.OwnerDatabaseURL == "" || m.SuperDatabaseURL == "" || m.DatabaseURL == "" {
		t.Error("migrate needs the addresses of owner, superuser and app to make the roles")
	}
}

func TestComposeStartsInOrder(t *testing.T) {
	p := compose(t)
	for _, want := range []struct{ service, needs, condition string }{
		{"migrate", "postgres", types.ServiceConditionHealthy},
		{"web", "migrate", types.ServiceConditionCompletedSuccessfully},
		{"web", "objects", types.ServiceConditionHealthy},
		{"worker", "migrate", types.ServiceConditionCompletedSuccessfully},
		{"worker", "objects", types.ServiceConditionHealthy},
		{"objects", "bucket", types.ServiceConditionCompletedSuccessfully},
	} {
		if got := p.Services[want.service].DependsOn[want.needs].Condition; got != want.condition {
			t.Errorf("%s waits for %s to be %q, want %q", want.service, want.needs, got, want.condition)
		}
	}
	for _, name := range []string{"postgres", "objects", "web"} {
		if h := p.Services[name].HealthCheck; h == nil || h.Disable {
			t.Errorf("%s has no health check", name)
		}
	}
	for _, name := range []string{"migrate", "bucket"} {
		if got := p.Services[name].Restart; got != "no" {
			t.Errorf("%s restarts %q, want \"no\": it runs once", name, got)
		}
	}
	for name, command := range map[string]string{"web": "web", "worker": "worker", "migrate": "migrate"} {
		if got := p.Services[name].Command; !slices.Equal(got, types.ShellCommand{command}) {
			t.Errorf("%s runs %q, want [%s]", name, got, command)
		}
	}
}

func TestComposeGivesNoDefaultToASecret(t *testing.T) {
	for _, answer := range answers {
		name, _, _ := strings.Cut(answer, "=")
		without := slices.DeleteFunc(slices.Clone(answers), func(a string) bool { return a == answer })
		if _, err := loadCompose(t, without); err == nil {
			t.Errorf("docker-compose.yml loads without %s", name)
		} else if !strings.Contains(err.Error(), name) {
			t.Errorf("without %s the error does not name it: %v", name, err)
		}
	}
	text, err := os.ReadFile("docker-compose.yml")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`\$\{(\w*(?:PASSWORD|SECRET|KEY|URL)\w*)(\}|:?-)`).FindAllSubmatch(text, -1) {
		t.Errorf("docker-compose.yml reads %s without insisting on it", m[1])
	}
}

func TestComposeContainersAreConfined(t *testing.T) {
	p := compose(t)
	for _, name := range slices.Sorted(maps.Keys(p.Services)) {
		s := p.Services[name]
		for _, port := range s.Ports {
			if name != "web" || port.HostIP != "127.0.0.1" {
				t.Errorf("%s publishes port %s on %q: only web may, on the machine's own address", name, port.Published, port.HostIP)
			}
		}
		if s.Build == nil {
			continue
		}
		if !s.ReadOnly || !slices.Contains(s.CapDrop, "ALL") || !slices.Contains(s.SecurityOpt, "no-new-privileges:true") || s.Privileged {
			t.Errorf("%s is not confined: want a read-only root, no capability, no new privileges", name)
		}
	}
}

func TestDockerfileRunsTheServerAsAnOrdinaryUser(t *testing.T) {
	text, err := os.ReadFile("Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	stages := regexp.MustCompile(`(?m)^FROM `).Split(string(text), -1)
	last := stages[len(stages)-1]
	for _, want := range []string{"tesseract-ocr", "libgdcm-tools", "\nUSER assay\n", `ENTRYPOINT ["server"]`, `CMD ["serve"]`} {
		if !strings.Contains(last, want) {
			t.Errorf("the Dockerfile's last stage lacks %q", strings.TrimSpace(want))
		}
	}
	known := settingNames()
	for _, name := range regexp.MustCompile(`ASSAY_\w+`).FindAllString(string(text), -1) {
		if !slices.Contains(known, name) {
			t.Errorf("the Dockerfile sets %s, which config.Config does not read", name)
		}
	}
}
