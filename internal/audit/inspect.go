package audit

import (
	"context"

	"assay/internal/audit/finding"
)

// Inspect looks at one file in this process. A parser that panics is a
// finding.
func Inspect(ctx context.Context, f File, opts InspectOptions) (facts Facts, err error) {
	defer func() {
		if r := recover(); r != nil {
			facts, err = CrashFacts("The reader panicked on this file."), nil
		}
	}()
	return inspectFile(ctx, f, opts)
}

// CrashFacts returns the facts of a file on which the reader died, with a
// sentence that says how.
func CrashFacts(message string) Facts {
	return Facts{
		Status: Crashed, Reason: message,
		Findings: []finding.Finding{*refusal(ruleParserCrash, message)},
	}
}

func inspectFile(ctx context.Context, f File, opts InspectOptions) (Facts, error) {
	return Facts{Status: Skipped, Reason: "No reader for this kind of file."}, nil
}
