package web

import (
	"net/http"
	"strings"

	"assay/internal/catalog"
	"assay/internal/postgres"
)

// programs are words in the names by which programs that are no person's
// browser go. The list is short on purpose: it says what most of them call
// themselves.
var programs = []string{"bot", "crawl", "spider", "slurp", "scrap", "curl", "wget", "python", "go-http", "java/", "okhttp", "libwww",
	"headless", "monitor", "preview", "fetch", "axios", "node", "http-client", "lighthouse", "validator"}

// countView counts a public page that a person has opened: no HEAD, no page
// loaded ahead of time, no program, nobody of the seller and none of the
// platform's people. What it keeps names nobody.
func (s *Server) countView(r *http.Request, e catalog.Entry) {
	v := s.visitor(r)
	if s.Views == nil || r.Method != http.MethodGet || v.Platform != postgres.None ||
		r.Header.Get("Sec-Purpose") != "" || r.Header.Get("Purpose") != "" || isProgram(r.UserAgent()) {
		return
	}
	for _, m := range v.Memberships {
		if m.Organization == e.Organization {
			return
		}
	}
	s.Views.Count(e)
}

func isProgram(agent string) bool {
	agent = strings.ToLower(agent)
	for _, word := range programs {
		if strings.Contains(agent, word) {
			return true
		}
	}
	return agent == ""
}
