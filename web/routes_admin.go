package web

import (
	"net/http"

	"github.com/go-chi/chi/v5"
)

// platformAdmins are the routes of the platform's admins.
func (s *Server) platformAdmins(r chi.Router) {
	r = r.With(noStore)
	r.Get(adminPath, s.handle(s.showOverview))
	r.Get(adminJobsPath, s.handle(s.showJobs))
	r.Post(adminJobsPath+"/{job}", s.handle(s.moveJob))
	r.Get(adminBoardPath+"/*", s.handle(s.showBoard))
	r.Post(reauditsPath+"/{reaudit}/retry", s.handle(s.retryReaudit))
	r.Get(adminErrorsPath, s.handle(s.showErrors))
	r.Get(adminStoragePath, s.handle(s.showStorage))
	r.Get(adminStoragePath+".csv", s.handle(s.sendStorage))
	r.Post(adminStoragePath+"/measure", s.handle(s.measureStorage))
	r.Get(adminOrphansPath, s.handle(s.showOrphans))
	r.Post(adminOrphansPath, s.provedFor(orphansBack, s.deleteOrphans))
	r.Get(adminSettingsPath, s.handle(s.showSettings))
	r.Get(adminReferencesPath, s.handle(s.showReferences))
	r.Post(adminReferencesPath, s.handle(s.addReference))
	r.Get(adminReferencesPath+"/new", s.handle(s.showNewReference))
	r.Get(adminReferencesPath+"/{reference}", s.handle(s.showReference))
	r.Post(adminReferencesPath+"/{reference}", s.handle(s.recheckReference))
	r.Post(adminReferencesPath+"/{reference}/withdraw", s.handle(s.withdrawReference))
	r.Post(adminReferencesPath+"/{reference}/restore", s.handle(s.restoreReference))
	r.Get(adminAgreementsPath, s.handle(s.showAgreements))
	r.Post(adminAgreementsPath, s.handle(s.writeAgreement))
	r.Get(adminAgreementsPath+"/{agreement}", s.handle(s.showAgreement))
	r.Post(adminAgreementsPath+"/{agreement}", s.handle(s.rewriteAgreement))
	r.Post(adminAgreementsPath+"/{agreement}/publish", s.handle(s.publishAgreement))
	r.Post(adminAgreementsPath+"/{agreement}/retire", s.handle(s.retireAgreement))
	r.Post(adminAgreementsPath+"/{agreement}/discard", s.handle(s.discardAgreement))
	r.Get(adminAnnouncementsPath, s.handle(s.showAnnouncements))
	r.Post(adminAnnouncementsPath, s.handle(s.announce))
	r.Post(adminAnnouncementsPath+"/{announcement}/end", s.handle(s.endAnnouncement))
	person := func(r *http.Request) string { return adminUserURL(userOf(r)) }
	r.Get(adminUsersPath, s.handle(s.showAdminUsers))
	r.Get(adminUsersPath+".csv", s.handle(s.sendAdminUsers))
	r.Get(adminUsersPath+"/{user}", s.handle(s.showAdminUser))
	r.Post(adminUsersPath+"/{user}/sessions/end", s.handle(s.endSessionsOf))
	r.Post(adminUsersPath+"/{user}/tokens/revoke", s.handle(s.revokeTokensOf))
	r.Post(adminUsersPath+"/{user}/disable", s.handle(s.disableUser))
	r.Post(adminUsersPath+"/{user}/enable", s.handle(s.enableUser))
	r.Post(adminUsersPath+"/{user}/role", s.provedFor(person, s.setPlatformRole))
	r.Get(adminOrganizationsPath, s.handle(s.showAdminOrganizations))
	r.Get(adminOrganizationsPath+".csv", s.handle(s.sendAdminOrganizations))
	r.Get(adminOrganizationsPath+"/{organization}", s.handle(s.showAdminOrganization))
	r.Post(adminOrganizationsPath+"/{organization}/quota", s.handle(s.setQuota))
	r.Get(adminAccessPath, s.handle(s.showAccess))
	r.Get(adminAccessPath+".csv", s.handle(s.sendAccess))
}
