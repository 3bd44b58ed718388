package upload_test

import (
	"archive/tar"
	"fmt"
	"io"
	"strings"
	"testing"

	"assay/internal/blob"
	"assay/internal/id"
	"assay/internal/upload"
)

// tarNames lists an object that is a tar, as "name:size name:size".
func tarNames(t *testing.T, blobs *blob.Store, u id.Upload) string {
	t.Helper()
	r, err := blobs.Get(t.Context(), upload.Key(u), 0)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var names []string
	for tr := tar.NewReader(r); ; {
		h, err := tr.Next()
		if err == io.EOF {
			return strings.Join(names, " ")
		}
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, fmt.Sprintf("%s:%d", h.Name, h.Size))
	}
}
