package main

import (
	"maps"
)

// gate says who may use a route. Where the path names something of an
// organization, its members alone; of a reviewer, what was submitted.
type gate string

const (
	anyone    gate = "anyone"
	published gate = "anyone, what is published"
	signedIn  gate = "signed in"
	viewers   gate = "viewer"
	editors   gate = "editor"
	managers  gate = "admin of the organization"
	reviewers gate = "reviewer"
	admins    gate = "admin of the platform"
	papers    gate = "admin of the owner, or a reviewer"
	holder    gate = "who has the secret of the link"
	maker     gate = "who made it, or whom it is for"
	halfway   gate = "who has given the password, not yet the second factor"
	owners    gate = "owner of the organization"
	// Rights apart from roles: of the people of the tests, an owner has both and
	// an editor submits.
	submitters gate = "member with the right to submit"
	publishers gate = "member with the right to publish"
	program    gate = "a program with a token, and no browser"
)

// gates is every route with who may use it, a table for each room of the house.
// A route that is not here fails TestNobodyReachesWhatIsNotTheirs.
var gates = together(publicGates, lqsGates, accountGates, securityGates, tokenGates, apiGates, privacyGates, noticeGates, sellerGates,
	verificationGates, credentialGates, reviewGates, moderationGates, trustGates, adminGates)

func together(rooms ...map[string]gate) map[string]gate {
	all := map[string]gate{}
	for _, room := range rooms {
		maps.Copy(all, room)
	}
	return all
}

var publicGates = map[string]gate{
	"GET /static/*":                           anyone,
	"GET /healthz":                            anyone,
	"GET /readyz":                             anyone,
	"GET /badge/{slug}.svg":                   anyone,
	"GET /.well-known/assay-keys.json":        anyone,
	"GET /.well-known/assay-revocations.json": anyone,
	"GET /":                            anyone,
	"GET /datasets":                    anyone,
	"GET /datasets/{slug}":             published,
	"GET /datasets/{slug}/v/{release}": published,
	"GET /datasets/{slug}/samples/{sample}.png": published,
	"GET /datasets/{slug}/audit":                published,
	"GET /datasets/{slug}/audit.json":           published,
	"GET /datasets/{slug}/quality":              published,
	"GET /datasets/{slug}/quality.json":         published,
	"GET /datasets/{slug}/quality/badge.svg":    anyone,
	"GET /datasets/{slug}/certificate":          published,
	"GET /datasets/{slug}/certificate.json":     published,
	"GET /licenses":                             anyone,
	"GET /licenses/{id}":                        anyone,
	"GET /guides":                               anyone,
	"GET /guides/{slug}":                        anyone,
	"GET /mailbox":                              anyone,
}

var lqsGates = map[string]gate{
	"GET /lqs":                    anyone,
	"POST /lqs/files":             anyone,
	"GET /lqs/r/{token}/":         holder,
	"GET /lqs/r/{token}/{form}":   holder,
	"POST /lqs/r/{token}/delete":  anyone,
	"GET /lqs/samples/{name}.zip": anyone,
	"POST /lqs/samples/{name}":    anyone,
}

var accountGates = map[string]gate{
	"GET /login":                                         anyone,
	"POST /login":                                        anyone,
	"POST /logout":                                       anyone,
	"GET /register":                                      anyone,
	"POST /register":                                     anyone,
	"GET /register/sent":                                 anyone,
	"GET /confirm":                                       anyone,
	"POST /confirm":                                      anyone,
	"GET /confirm/resend":                                anyone,
	"POST /confirm/resend":                               anyone,
	"GET /reset":                                         anyone,
	"POST /reset":                                        anyone,
	"GET /reset/sent":                                    anyone,
	"GET /reset/new":                                     anyone,
	"POST /reset/new":                                    anyone,
	"GET /invitation":                                    anyone,
	"GET /account":                                       signedIn,
	"POST /account/name":                                 signedIn,
	"POST /account/password":                             signedIn,
	"GET /account/sessions":                              signedIn,
	"POST /account/sessions/end":                         signedIn,
	"POST /account/sessions/end-others":                  signedIn,
	"POST /account/organization":                         signedIn,
	"GET /organizations/new":                             signedIn,
	"POST /organizations":                                signedIn,
	"POST /invitation":                                   signedIn,
	"GET /organization":                                  viewers,
	"POST /organization/leave":                           viewers,
	"GET /organization/name":                             managers,
	"POST /organization/name":                            managers,
	"GET /organization/members/{user}":                   managers,
	"POST /organization/members/{user}/role":             managers,
	"POST /organization/members/{user}/remove":           managers,
	"POST /organization/members/{user}/rights":           owners,
	"GET /organization/invitations/new":                  managers,
	"POST /organization/invitations":                     managers,
	"POST /organization/invitations/{invitation}/revoke": managers,
}

var sellerGates = map[string]gate{
	"GET /seller":                                                   viewers,
	"GET /seller/listings/{listing}/check":                          viewers,
	"GET /seller/listings/{listing}/preview":                        viewers,
	"GET /seller/listings/{listing}/versions":                       viewers,
	"GET /seller/listings/{listing}/audit":                          viewers,
	"GET /seller/versions/{version}":                                viewers,
	"GET /seller/versions/{version}/report.json":                    viewers,
	"GET /seller/versions/{version}/reaudits/{reaudit}":             viewers,
	"GET /seller/versions/{version}/reaudits/{reaudit}/report.json": viewers,
	"GET /seller/versions/{version}/reaudits/{reaudit}/report.csv":  viewers,
	"GET /seller/versions/{version}/quality":                        viewers,
	"GET /seller/versions/{version}/quality/{form}":                 viewers,
	"GET /seller/versions/{version}/manifest.txt":                   viewers,
	"GET /seller/versions/{version}/report.csv":                     viewers,
	"GET /seller/versions/{version}/previews/{preview}":             viewers,
	"GET /seller/versions/{version}/samples/{sample}":               viewers,
	"POST /seller/versions/{version}/samples":                       submitters,
	"GET /seller/listings/new":                                      editors,
	"POST /seller/listings":                                         editors,
	"POST /seller/listings/from-quality":                            editors,
	"GET /seller/listings/{listing}/clone":                          editors,
	"POST /seller/listings/{listing}/clone":                         editors,
	"GET /seller/listings/{listing}/{step}":                         editors,
	"POST /seller/listings/{listing}/{step}":                        editors,
	"POST /seller/listings/{listing}/delete":                        editors,
	"POST /seller/listings/{listing}/undelete":                      editors,
	"POST /seller/versions/{version}/note":                          editors,
	"POST /seller/versions/{version}/submit":                        submitters,
	"GET /seller/listings/{listing}/upload/":                        editors,
	"GET /seller/listings/{listing}/upload/sent":                    editors,
	"POST /seller/listings/{listing}/upload/agreement":              editors,
	"POST /seller/listings/{listing}/upload/files":                  editors,
	"POST /seller/listings/{listing}/upload/tus":                    editors,
	"POST /seller/listings/{listing}/upload/cancel":                 editors,
	"HEAD /seller/uploads/{upload}":                                 editors,
	"PATCH /seller/uploads/{upload}":                                editors,
	"DELETE /seller/uploads/{upload}":                               editors,
	"GET /seller/versions/{version}/texts":                          editors,
	"GET /seller/versions/{version}/texts.csv":                      editors,
	"POST /seller/versions/{version}/answers":                       editors,
	"POST /seller/versions/{version}/cancel":                        editors,
	"POST /seller/listings/{listing}/claims":                        publishers,
	"POST /seller/versions/{version}/publish":                       publishers,
	"POST /seller/versions/{version}/plan":                          publishers,
	"POST /seller/versions/{version}/embargo":                       publishers,
	"POST /seller/versions/{version}/cancel-embargo":                publishers,
	"POST /seller/versions/{version}/withdraw":                      publishers,
}

var verificationGates = map[string]gate{
	"GET /vault/{document}/{edition}":                       papers,
	"GET /seller/vault":                                     managers,
	"GET /seller/vault/{document}":                          managers,
	"POST /seller/vault/{document}":                         managers,
	"POST /seller/vault/{document}/remove":                  managers,
	"GET /seller/verification/domain":                       managers,
	"POST /seller/verification/domain":                      managers,
	"GET /seller/verification/signers":                      managers,
	"POST /seller/verification/signers":                     managers,
	"POST /seller/verification/signers/{signer}/remove":     managers,
	"GET /seller/verification":                              viewers,
	"GET /seller/verification/organization":                 managers,
	"POST /seller/verification/organization":                managers,
	"GET /seller/verification/documents":                    managers,
	"POST /seller/verification/documents":                   managers,
	"POST /seller/verification/documents/{document}/remove": managers,
	"POST /seller/verification/submit":                      managers,
	"POST /seller/verification/withdraw":                    managers,
	"GET /review/verifications":                             reviewers,
	"GET /review/verifications/{request}":                   reviewers,
	"POST /review/verifications/{request}":                  reviewers,
	"POST /review/verifications/{request}/suspend":          reviewers,
	"POST /review/verifications/{request}/restore":          reviewers,
	"POST /review/verifications/{request}/signer":           reviewers,
}

var reviewGates = map[string]gate{
	"GET /review/reaudits":                              reviewers,
	"GET /review/reaudits/{reaudit}":                    reviewers,
	"GET /review/reaudits/{reaudit}/report.json":        reviewers,
	"GET /review/reaudits/{reaudit}/report.csv":         reviewers,
	"POST /review/reaudits/{reaudit}/close":             reviewers,
	"GET /review/versions/{version}/quality":            reviewers,
	"GET /review/versions/{version}/quality/{form}":     reviewers,
	"GET /review/versions/{version}/previews/{preview}": reviewers,
	"GET /review/versions/{version}/samples/{sample}":   reviewers,
	"POST /review/versions/{version}/samples":           reviewers,
	"GET /review/versions/{version}/report.json":        reviewers,
	"GET /review/versions/{version}/report.csv":         reviewers,
	"GET /review":                               reviewers,
	"GET /review/versions/{version}":            reviewers,
	"POST /review/versions/{version}/decision":  reviewers,
	"POST /review/versions/{version}/answers":   reviewers,
	"POST /review/versions/{version}/suspend":   reviewers,
	"POST /review/versions/{version}/restore":   reviewers,
	"POST /review/versions/{version}/audit":     reviewers,
	"POST /review/versions/{version}/claim":     reviewers,
	"POST /review/versions/{version}/release":   reviewers,
	"POST /review/versions/{version}/assign":    reviewers,
	"POST /review/versions/{version}/checklist": reviewers,
	"POST /review/versions/{version}/notes":     reviewers,
	"POST /review/versions/{version}/licensing": reviewers,
	"GET /review/bulk":                          reviewers,
	"POST /review/bulk":                         reviewers,
	"GET /review/bulk/done":                     reviewers,
	"POST /seller/versions/{version}/licensing": managers,
}

var securityGates = map[string]gate{
	"POST /login/organization":                      anyone,
	"GET /login/organization/leave":                 anyone,
	"GET /login/organization/callback":              anyone,
	"GET /organization/sign-in":                     owners,
	"POST /organization/sign-in":                    owners,
	"POST /organization/sign-in/enable":             owners,
	"POST /organization/sign-in/disable":            owners,
	"POST /organization/sign-in/require":            owners,
	"POST /organization/sign-in/relax":              owners,
	"POST /invitation/organization":                 anyone,
	"GET /account/organization-sign-in":             signedIn,
	"POST /account/organization-sign-in/connect":    signedIn,
	"POST /account/organization-sign-in/disconnect": signedIn,
	"POST /login/passkey/options":                   anyone,
	"POST /login/passkey":                           anyone,
	"GET /login/second":                             halfway,
	"POST /login/second":                            halfway,
	"POST /login/second/passkey/options":            halfway,
	"POST /login/second/passkey":                    halfway,
	"GET /account/security":                         signedIn,
	"GET /account/security/again":                   signedIn,
	"POST /account/security/again":                  signedIn,
	"POST /account/security/again/options":          signedIn,
	"POST /account/security/app/new":                signedIn,
	"GET /account/security/app":                     signedIn,
	"POST /account/security/app":                    signedIn,
	"POST /account/security/app/remove":             signedIn,
	"GET /account/security/codes":                   signedIn,
	"POST /account/security/codes":                  signedIn,
	"POST /account/security/passkeys/options":       signedIn,
	"POST /account/security/passkeys":               signedIn,
	"POST /account/security/passkeys/name":          signedIn,
	"POST /account/security/passkeys/remove":        signedIn,
}

var tokenGates = map[string]gate{
	"GET /account/tokens":                    signedIn,
	"GET /account/tokens/new":                signedIn,
	"POST /account/tokens":                   signedIn,
	"POST /account/tokens/{key}/revoke":      maker,
	"GET /organization/tokens":               managers,
	"POST /organization/tokens/{key}/revoke": managers,
}

var apiGates = map[string]gate{
	"GET /docs/api":                                anyone,
	"GET /api/v1/openapi.json":                     anyone,
	"GET /api/v1/openapi.yaml":                     anyone,
	"GET /api/v1/me":                               program,
	"GET /api/v1/organizations":                    program,
	"GET /api/v1/organizations/{organization}":     program,
	"GET /api/v1/listings":                         program,
	"POST /api/v1/listings":                        program,
	"GET /api/v1/listings/{listing}":               program,
	"PATCH /api/v1/listings/{listing}":             program,
	"GET /api/v1/listings/{listing}/claims":        program,
	"PUT /api/v1/listings/{listing}/claims/{step}": program,
	"GET /api/v1/listings/{listing}/versions":      program,
	"GET /api/v1/versions/{version}":               program,
	"GET /api/v1/versions/{version}/report":        program,
	"POST /api/v1/versions/{version}/submit":       program,
	"GET /api/v1/upload-agreement":                 program,
	"GET /api/v1/listings/{listing}/uploads":       program,
	"POST /api/v1/listings/{listing}/uploads":      program,
	"GET /api/v1/uploads/{upload}":                 program,
	"HEAD /api/v1/uploads/{upload}":                program,
	"PATCH /api/v1/uploads/{upload}":               program,
	"DELETE /api/v1/uploads/{upload}":              program,
}

var privacyGates = map[string]gate{
	"GET /account/privacy":                  signedIn,
	"POST /account/privacy/export":          signedIn,
	"GET /account/privacy/exports/{export}": maker,
	"GET /account/privacy/erase":            signedIn,
	"POST /account/privacy/erase":           signedIn,
	"POST /account/privacy/keep":            signedIn,
}

var noticeGates = map[string]gate{
	"GET /inbox":                      signedIn,
	"POST /inbox/read":                signedIn,
	"POST /inbox/{notice}/open":       maker,
	"POST /inbox/{notice}/mark":       maker,
	"GET /account/notices":            signedIn,
	"POST /account/notices":           signedIn,
	"POST /account/notices/reset":     signedIn,
	"GET /unsubscribe/{link}":         holder,
	"POST /unsubscribe/{link}":        holder,
	"POST /unsubscribe/{link}/stop":   holder,
	"POST /unsubscribe/{link}/resume": holder,
}

var credentialGates = map[string]gate{
	"GET /seller/annotators":                             managers,
	"GET /seller/annotators/new":                         managers,
	"POST /seller/annotators":                            managers,
	"GET /seller/annotators/{annotator}":                 managers,
	"GET /seller/annotators/{annotator}/edit":            managers,
	"POST /seller/annotators/{annotator}/edit":           managers,
	"POST /seller/annotators/{annotator}/remove":         managers,
	"GET /seller/annotators/{annotator}/credentials/new": managers,
	"POST /seller/annotators/{annotator}/credentials":    managers,
	"GET /seller/credentials/{credential}":               managers,
	"POST /seller/credentials/{credential}":              managers,
	"GET /seller/credentials/{credential}/evidence":      managers,
	"POST /seller/credentials/{credential}/submit":       managers,
	"POST /seller/credentials/{credential}/withdraw":     managers,
	"POST /seller/credentials/{credential}/remove":       managers,
	"GET /review/credentials":                            reviewers,
	"GET /review/credentials/{credential}":               reviewers,
	"POST /review/credentials/{credential}":              reviewers,
	"POST /review/credentials/{credential}/revoke":       reviewers,
	"GET /review/credentials/{credential}/evidence":      reviewers,
}

var moderationGates = map[string]gate{
	"GET /report/{slug}":    published,
	"POST /report/{slug}":   published,
	"GET /report/r/{token}": holder,

	"GET /seller/standing":         viewers,
	"GET /seller/flags/{flag}":     viewers,
	"POST /seller/flags/{flag}":    editors,
	"GET /seller/appeals/new":      managers,
	"POST /seller/appeals":         managers,
	"GET /seller/appeals/{appeal}": viewers,

	"GET /review/flags":                  reviewers,
	"GET /review/flags/{flag}":           reviewers,
	"POST /review/flags/{flag}/claim":    reviewers,
	"POST /review/flags/{flag}/release":  reviewers,
	"POST /review/flags/{flag}/ask":      reviewers,
	"POST /review/flags/{flag}/merge":    reviewers,
	"POST /review/flags/{flag}/decision": reviewers,
	"POST /review/flags/{flag}/samples":  reviewers,
	"GET /review/appeals":                reviewers,
	"GET /review/appeals/{appeal}":       reviewers,
	"POST /review/appeals/{appeal}":      reviewers,
	"GET /review/takedown/{seller}":      reviewers,
	"POST /review/takedown/{seller}":     reviewers,
}

var trustGates = map[string]gate{
	"POST /announcements/{announcement}/away":        anyone, // sets a cookie, reads none of ours
	"GET /trust/activity":                            anyone,
	"GET /trust/activity.json":                       anyone,
	"GET /trust/activity/heads/{number}.json":        anyone,
	"POST /trust/activity/check":                     anyone,
	"GET /organization/activity":                     managers,
	"GET /organization/activity.csv":                 managers,
	"GET /organization/activity.jsonl":               managers,
	"GET /organization/activity/{number}/proof.json": managers,
}

var adminGates = map[string]gate{
	"GET /admin":                                     admins,
	"GET /admin/jobs":                                admins,
	"POST /admin/jobs/{job}":                         admins,
	"GET /admin/river/*":                             admins,
	"POST /admin/river/api/jobs/retry":               admins,
	"POST /admin/river/api/jobs/cancel":              admins,
	"POST /admin/river/api/jobs/delete":              admins,
	"PUT /admin/river/api/queues/{name}/pause":       admins,
	"PUT /admin/river/api/queues/{name}/resume":      admins,
	"POST /review/reaudits/{reaudit}/retry":          admins,
	"GET /admin/errors":                              admins,
	"GET /admin/storage":                             admins,
	"GET /admin/storage.csv":                         admins,
	"POST /admin/storage/measure":                    admins,
	"GET /admin/storage/orphans":                     admins,
	"POST /admin/storage/orphans":                    admins,
	"GET /admin/settings":                            admins,
	"GET /admin/references":                          admins,
	"POST /admin/references":                         admins,
	"GET /admin/references/new":                      admins,
	"GET /admin/references/{reference}":              admins,
	"POST /admin/references/{reference}":             admins,
	"POST /admin/references/{reference}/withdraw":    admins,
	"POST /admin/references/{reference}/restore":     admins,
	"GET /admin/agreements":                          admins,
	"POST /admin/agreements":                         admins,
	"GET /admin/agreements/{agreement}":              admins,
	"POST /admin/agreements/{agreement}":             admins,
	"POST /admin/agreements/{agreement}/publish":     admins,
	"POST /admin/agreements/{agreement}/retire":      admins,
	"POST /admin/agreements/{agreement}/discard":     admins,
	"GET /admin/announcements":                       admins,
	"POST /admin/announcements":                      admins,
	"POST /admin/announcements/{announcement}/end":   admins,
	"GET /admin/users":                               admins,
	"GET /admin/users.csv":                           admins,
	"GET /admin/users/{user}":                        admins,
	"POST /admin/users/{user}/sessions/end":          admins,
	"POST /admin/users/{user}/tokens/revoke":         admins,
	"POST /admin/users/{user}/disable":               admins,
	"POST /admin/users/{user}/enable":                admins,
	"POST /admin/users/{user}/role":                  admins,
	"GET /admin/organizations":                       admins,
	"GET /admin/organizations.csv":                   admins,
	"GET /admin/organizations/{organization}":        admins,
	"POST /admin/organizations/{organization}/quota": admins,
	"GET /admin/access":                              admins,
	"GET /admin/access.csv":                          admins,
}
