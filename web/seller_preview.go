package web

import (
	"net/http"
	"strconv"
	"time"

	"assay/internal/catalog"
	"assay/internal/listing"
	"assay/web/page"
	"assay/web/ui"
)

// showPreview shows the newest claims, sent or not, on the page that buyers will
// see, with what the audit of the newest files measured.
func (s *Server) showPreview(w http.ResponseWriter, r *http.Request) error {
	l, err := listingParam(r)
	if err != nil {
		return err
	}
	d, err := s.Listings.Draft(r.Context(), s.seller(r), l)
	if err != nil {
		return err
	}
	entry, said, err := s.previewEntry(r, d)
	if err != nil {
		return err
	}
	entry.Title = titleOf(d.Revision.Claims)
	view := listingView(entry)
	view.Shell = s.shell(r, "Preview: "+entry.Title, "sell")
	view.Shell.NoIndex = true
	view.Shell.Flash = "Preview, for your organization alone. " + said
	view.Crumbs = []ui.Crumb{{Label: "Sell", URL: "/seller"}, {Label: entry.Title, URL: listingURL(l, "check")}, {Label: "Preview"}}
	return s.render(w, r, http.StatusOK, page.Listing(view))
}

// previewEntry is the public row as it would be now, and what is to be known
// about it.
func (s *Server) previewEntry(r *http.Request, d listing.Description) (catalog.Entry, string, error) {
	v := s.visitor(r)
	audited, err := s.newestAudited(r, d)
	if err != nil {
		return catalog.Entry{}, "", err
	}
	if audited == nil {
		return catalog.Publication{
			Listing: d.Listing.ID, Organization: v.Organization, OrganizationName: v.OrganizationName, OrganizationSlug: v.OrganizationSlug,
			Slug: d.Listing.Slug, Claims: d.Revision.Claims, PublishedAt: time.Now(),
		}.Entry(), "This is how buyers will see your claims. What the audit measures is added once files are audited.", nil
	}
	entry, err := s.Catalog.Preview(r.Context(), s.seller(r), listing.Published{
		Listing: audited.Listing, Version: audited.Version, Claims: d.Revision, Report: *audited.Report})
	said := "Your newest answers, with what the audit measured in version " + strconv.Itoa(audited.Version.Number) + "."
	if audited.Version.State == listing.Live && d.Revision.Digest != audited.Claims.Digest {
		said += " Buyers still see the answers that were approved."
	}
	return entry, said, err
}

// newestAudited is the newest version with a report, nil if there is none.
func (s *Server) newestAudited(r *http.Request, d listing.Description) (*listing.Dossier, error) {
	versions, err := s.Listings.Versions(r.Context(), s.seller(r), d.Listing.ID)
	if err != nil {
		return nil, err
	}
	for _, v := range versions {
		if v.RootDigest == "" {
			continue
		}
		dossier, err := s.Listings.Version(r.Context(), s.seller(r), v.ID)
		if err != nil || dossier.Report == nil {
			return nil, err
		}
		return &dossier, nil
	}
	return nil, nil
}
