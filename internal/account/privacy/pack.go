package privacy

import (
	"archive/zip"
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"html/template"
	"time"

	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/seal"
)

// maxArchive bounds an export in bytes: it is packed and sealed in memory.
const maxArchive = 256 << 20

//go:embed index.html
var indexText string

var indexPage = template.Must(template.New("index").Parse(indexText))

// indexView is what the page to read shows.
type indexView struct {
	MadeAt string
	Parts  []indexPart
}

type indexPart struct {
	Title, About, File string
	Count              int
	Columns            []string
	Rows               [][]string
}

// shownRows is how many rows of a part the page shows; its file has all.
const shownRows = 200

// pack makes the archive: a file of JSON for each part, and a page to read.
func pack(parts []part, at time.Time) ([]byte, error) {
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	view := indexView{MadeAt: at.UTC().Format("2 January 2006, 15:04 UTC")}
	for _, p := range parts {
		body, err := json.MarshalIndent(p.Rows, "", "  ")
		if err != nil {
			return nil, fmt.Errorf("part %s: %w", p.File, err)
		}
		if err := add(z, p.File+".json", append(body, '\n'), at); err != nil {
			return nil, err
		}
		if out.Len() > maxArchive {
			return nil, errs.Newf(errs.TooLarge, "the archive is larger than %d MiB", maxArchive>>20)
		}
		shown, err := p.page()
		if err != nil {
			return nil, fmt.Errorf("part %s: %w", p.File, err)
		}
		view.Parts = append(view.Parts, shown)
	}
	var page bytes.Buffer
	if err := indexPage.Execute(&page, view); err != nil {
		return nil, fmt.Errorf("index: %w", err)
	}
	if err := add(z, "index.html", page.Bytes(), at); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, fmt.Errorf("archive: %w", err)
	}
	return out.Bytes(), nil
}

func add(z *zip.Writer, name string, body []byte, at time.Time) error {
	w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: at})
	if err != nil {
		return fmt.Errorf("archive: %w", err)
	}
	if _, err := w.Write(body); err != nil {
		return fmt.Errorf("archive: %w", err)
	}
	return nil
}

// page is a part as a table of text, its columns in the order of the query.
func (p part) page() (indexPart, error) {
	v := indexPart{Title: p.Title, About: p.About, File: p.File + ".json", Count: len(p.Rows)}
	for i, raw := range p.Rows {
		if i == shownRows {
			break
		}
		names, cells, err := fields(raw)
		if err != nil {
			return v, err
		}
		if i == 0 {
			v.Columns = names
		}
		v.Rows = append(v.Rows, cells)
	}
	return v, nil
}

// fields reads one flat JSON object in the order it is written in.
func fields(raw json.RawMessage) (names, cells []string, err error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	if _, err := d.Token(); err != nil {
		return nil, nil, err
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, nil, err
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return nil, nil, err
		}
		names, cells = append(names, fmt.Sprint(name)), append(cells, cell(value))
	}
	return names, cells, nil
}

func cell(value json.RawMessage) string {
	var text string
	if json.Unmarshal(value, &text) == nil {
		return text // null too: an empty cell
	}
	return string(value)
}

// box seals one export. Only the same export of the same person opens with it.
func (s *Service) box(user id.User, key id.Export) seal.Box {
	return seal.Salted([]byte(key), "assay account export "+string(user), s.secret, s.old...)
}

func (s *Service) seal(archive []byte, user id.User, key id.Export) []byte {
	return s.box(user, key).Seal(archive, string(key))
}

func (s *Service) unseal(sealed []byte, user id.User, key id.Export) ([]byte, error) {
	archive, err := s.box(user, key).Open(sealed, string(key))
	if err != nil {
		return nil, fmt.Errorf("the seal of export %s is broken: %w", key, err)
	}
	return archive, nil
}
