// Package certificate owns the audit certificate: a short signed statement
// that files with a certain root digest were audited, by which rules, and with
// what outcome. It writes and reads three kinds of file, all JSON:
//
//   - a certificate (assay-certificate/1),
//   - a list of certificates taken back (assay-revocations/1),
//   - a list of public keys (assay-keys/1), which is not signed: whoever
//     verifies decides by other means whose keys to trust.
//
// # Form
//
// The two signed files are an envelope {"payload", "key_id", "signature"}.
// The payload is the base64 of the exact bytes that were signed, so that
// verifying never depends on writing JSON in the same way twice. The signature
// is Ed25519 over the name of the schema, a line feed, and those bytes: a
// signature on one kind of file is none on the other. There is no field for
// an algorithm that a forger could choose.
//
// The payload is JSON in one defined form: the fields in the order of the Go
// type, no white space, whole numbers only, times as RFC 3339 in UTC to the
// second, text as UTF-8 with no escapes but those that JSON requires and
// U+2028 and U+2029.
//
// # What is refused
//
// A file over its limit, anything after the JSON, unknown, repeated or missing
// fields, names that differ in case, null, fractions, and values outside their
// vocabulary. Keys come from the caller alone, never from the file: the file's
// key_id only selects among them, and it is the SHA-256 of the key.
//
// The package reads no disk and no network, and compiles for the browser.
package certificate
