package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"assay/internal/audit/annotation"
)

func TestReadSplits(t *testing.T) {
	table := func(text string) string {
		name := filepath.Join(t.TempDir(), "splits.csv")
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	tests := []struct {
		name, text string
		want       map[string]annotation.Split // nil for an error
	}{
		{"pairs of folders and splits", "a=train, b/c/=Validation,./d=test", map[string]annotation.Split{"a": "train", "b/c": "val", "d": "test"}},
		{"a split of another name is refused", "a=training2", nil},
		{"a pair without its split is refused", "a=train,b", nil},
		{"a table by the names of its columns", table("id,Split,image\n1,train,x/1.png\n2,test,x/2.png\n"), map[string]annotation.Split{"x/1.png": "train", "x/2.png": "test"}},
		{"a byte order mark before the first column is passed over", table("\ufeffpath,split\nx,val\n"), map[string]annotation.Split{"x": "val"}},
		{"a table without a column of splits is refused", table("path,part\nx,val\n"), nil},
		{"a table with a split of another name is refused", table("path,split\nx,other\n"), nil},
		{"a ragged table is refused", table("path,split\nx\n"), nil},
		{"a file that is not there is refused", filepath.Join(t.TempDir(), "none.csv"), nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := readSplits(tt.text)
			if (err != nil) != (tt.want == nil) {
				t.Fatalf("error %v", err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("splits (-want +got):\n%s", diff)
			}
		})
	}
}

func TestPatientOfPath(t *testing.T) {
	tests := []struct{ expression, path, want string }{
		{`patient([0-9]+)`, "train/patient00012/view1.jpg", "00012"},
		{`^[A-Z]+-[0-9]+`, "SUB-7/scan.nii.gz", "SUB-7"},
		{`patient([0-9]+)`, "train/other/view1.jpg", ""},
	}
	for _, tt := range tests {
		patient, err := patientOfPath(tt.expression)
		if err != nil {
			t.Fatal(err)
		}
		if got := patient(tt.path); got != tt.want {
			t.Errorf("patient of %s by %s = %q, want %q", tt.path, tt.expression, got, tt.want)
		}
	}
}
