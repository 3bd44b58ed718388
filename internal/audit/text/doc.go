// Package text finds identifiers in free text and in file names: social
// security and medical record numbers, telephone numbers, addresses, dates,
// ages over 89, names, hospitals and account numbers, in any script.
//
// It judges strings and knows nothing of files: audit/deid feeds it the text
// of DICOM attributes, audit/document that of reports, tables and image
// metadata. A Hit says where in the string it lies and carries a masked shape,
// never the value.
//
// Names are found by shape. The list of given and family names (names.txt)
// only supports a shape, such as two capital words side by side: a word of the
// list alone names nobody, and vocabulary.txt holds the eponyms and the words
// of products, protocols and anatomy that are none. Tokens that the rest of
// the submission shows to be names or IDs come in through Options.Known.
package text
