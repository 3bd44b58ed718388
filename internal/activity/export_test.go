package activity

// VerifyIn is Verify within a transaction of the caller.
var VerifyIn = verify
