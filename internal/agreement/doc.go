// Package agreement owns the texts that buyers and sellers agree to: templates
// in versions, written by admins of the platform. A draft may be rewritten and
// thrown away; a published text never changes and is retired, not deleted,
// because a signature names its digest. Of each name one draft and one
// published version exist at a time; to publish retires the one before.
//
// Requests, signatures and entitlements are not here yet.
package agreement
