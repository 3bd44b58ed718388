package typed

import "io"

// Missing says why a browser has no second reader: its dictionary, built as the
// program starts, is a seventh of the whole audit.
const Missing = "The audit in a browser has one reader of DICOM; the command line and the server confirm the values with a second."

func refusalOfSyntax(string) string { return Missing }

func parse(io.ReaderAt, int64) (lookup, bool) { return nil, false }
