// Package notice tells people what happened: each event once, in the inbox of
// the app and by mail, as its receivers want it.
//
// Send writes the event in the transaction of the act, so that it is told of
// only if that commits. A job then finds the people whom it concerns, asks what
// they want to hear and how, and writes their inbox and their mail in one
// transaction of its own: each person is told once, however often the job runs.
//
// A notice names a data set, an organization or a state, and never anything
// from a file. What a kind of event is called, who may turn it off and how it
// is sent without a wish is in kinds.go.
package notice
