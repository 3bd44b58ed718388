package audit

import "assay/internal/audit/deid"

// Claims is what a seller declares about a data set, as far as the audit can
// hold it against the files.
type Claims = deid.Claims
