package main

import (
	"time"

	"assay/internal/audit"
)

var verdicts = []audit.Verdict{audit.Passed, audit.Flagged, audit.Failed, audit.Unrecognized}

var progressLines = []struct {
	progress audit.Progress
	elapsed  time.Duration
	want     string
}{
	{audit.Progress{Stage: audit.Listing}, 0, "listing files"},
	{audit.Progress{Stage: audit.Inspecting, Files: 1, TotalFiles: 10, Bytes: 1024, TotalBytes: 10240}, time.Millisecond,
		"inspecting files: 1 of 10 (1 KiB of 10 KiB)"},
	{audit.Progress{Stage: audit.Inspecting, Files: 50, TotalFiles: 100, Bytes: 2048, TotalBytes: 10240}, 10 * time.Second,
		"inspecting files: 50 of 100 (2 KiB of 10 KiB), 5 files/s, 40s left"},
}
