// Package audit checks a set of files that somebody wants to license: which of
// them are readable medical data, what identifies a person in them, whether
// the claims about their de-identification hold, and what they measure.
//
// Run walks an fs.FS, has each file inspected (in this process, or in a
// fenced child, see package fence), and concludes what only the whole set can
// tell. Everything wrong with the data is a finding in the Report; an error
// means that the audit itself could not finish.
//
// It knows files and nothing else: no database, no HTTP, no accounts. The
// server, the command line and the browser run the same Run.
package audit
