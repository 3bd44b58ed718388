package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"assay/internal/audit/annotation"
)

// Names of columns and of splits, in lower case.
var (
	pathColumns  = []string{"path", "file", "filename", "file_name", "image", "image_path", "folder"}
	splitColumns = []string{"split", "set", "subset", "partition"}
	splitNames   = map[string]annotation.Split{
		"train": annotation.Train, "training": annotation.Train,
		"val": annotation.Validation, "valid": annotation.Validation, "validation": annotation.Validation, "dev": annotation.Validation,
		"test": annotation.Test, "testing": annotation.Test,
	}
)

// maxSplitRows bounds a table of splits.
const maxSplitRows = 1_000_000

// readSplits reads which paths are meant for which split: from pairs, or from
// a table. Empty text is none.
func readSplits(text string) (map[string]annotation.Split, error) {
	switch {
	case text == "":
		return nil, nil
	case !strings.Contains(text, "="):
		return readSplitTable(text)
	}
	splits := map[string]annotation.Split{}
	for _, pair := range strings.Split(text, ",") {
		folder, name, ok := strings.Cut(pair, "=")
		if !ok {
			return nil, fmt.Errorf("%q is no FOLDER=SPLIT", pair)
		}
		if err := addSplit(splits, folder, name); err != nil {
			return nil, err
		}
	}
	return splits, nil
}

func addSplit(splits map[string]annotation.Split, folder, name string) error {
	split, ok := splitNames[strings.ToLower(strings.TrimSpace(name))]
	if !ok {
		return fmt.Errorf("%q is none of train, val, test", name)
	}
	splits[path.Clean(filepath.ToSlash(strings.TrimSpace(folder)))] = split
	return nil
}

func readSplitTable(name string) (map[string]annotation.Split, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, plain(err)
	}
	defer f.Close()
	rows := csv.NewReader(f)
	rows.ReuseRecord = true
	head, err := rows.Read()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	at, split := columnOf(head, pathColumns), columnOf(head, splitColumns)
	if at < 0 || split < 0 {
		return nil, fmt.Errorf("%s: the first row needs a column of paths (%s) and one of splits (%s)",
			name, strings.Join(pathColumns, ", "), strings.Join(splitColumns, ", "))
	}
	splits := map[string]annotation.Split{}
	for {
		row, err := rows.Read()
		switch {
		case errors.Is(err, io.EOF):
			return splits, nil
		case err != nil:
			return nil, fmt.Errorf("%s: %w", name, err)
		case len(splits) == maxSplitRows:
			return nil, fmt.Errorf("%s has more than %d rows", name, maxSplitRows)
		}
		if err := addSplit(splits, row[at], row[split]); err != nil {
			line, _ := rows.FieldPos(split)
			return nil, fmt.Errorf("%s:%d: %w", name, line, err)
		}
	}
}

func columnOf(head, names []string) int {
	return slices.IndexFunc(head, func(h string) bool {
		return slices.Contains(names, strings.ToLower(strings.Trim(h, " \ufeff")))
	})
}
