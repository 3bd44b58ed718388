// Package mail sends e-mail once the act that wants it has committed: Enqueue
// writes it into the outbox in the act's transaction, a job sends it, and its
// text is erased when it is sent or given up.
//
// A mail holds one action and never a patient identifier. A mail may arrive
// twice if the process dies between the server's yes and the commit; both
// bear the same Message-ID, so that mailboxes show one.
package mail
