// Package annotation reads the labels of a data set in the formats that
// people exchange, and brings them into one model.
//
// It works in two steps. Read looks at one file, in the process that inspects
// it, and tells what kind of labels it holds, what is wrong with them, and
// the labels themselves, in Facts. Join, in the process that audits the set,
// holds the facts of all files against each other and returns the Set: every
// image, class, reader and label, and the rules that only the whole set can
// tell.
//
// Each format has a file of its own, with its rules on top. A reader never
// stops at the first error, tells every place by a pointer, and is bounded
// before it allocates. It never panics on purpose; a pointer, shape or note
// never holds a value.
package annotation
