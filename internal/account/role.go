package account

// Role is what a member may do in an organization. Each role may do what the
// ones after it may.
type Role string

// Roles, the strongest first.
const (
	Owner  Role = "owner"  // everything, owners included
	Admin  Role = "admin"  // members, invitations, verification
	Editor Role = "editor" // data sets and uploads
	Viewer Role = "viewer" // reads
)

// AllRoles returns the roles, the strongest first.
func AllRoles() []Role { return []Role{Owner, Admin, Editor, Viewer} }

// ParseRole reads a role; ok is false for any other text.
func ParseRole(s string) (r Role, ok bool) {
	for _, r := range AllRoles() {
		if string(r) == s {
			return r, true
		}
	}
	return "", false
}

// Label says the role in a word.
func (r Role) Label() string {
	switch r {
	case Owner:
		return "Owner"
	case Admin:
		return "Admin"
	case Editor:
		return "Editor"
	case Viewer:
		return "Viewer"
	}
	return "None"
}

// Help says in a sentence what the role may do.
func (r Role) Help() string {
	switch r {
	case Owner:
		return "Everything, including who else is an owner."
	case Admin:
		return "Members, invitations and verification, publishing, and all an editor may do."
	case Editor:
		return "Describe data sets, upload files, answer warnings and submit to review."
	case Viewer:
		return "Read everything of the organization, change nothing."
	}
	return ""
}

// CanOwn reports whether the role may make and remove owners.
func (r Role) CanOwn() bool { return r == Owner }

// CanManage reports whether the role may manage members, invitations and the
// organization's verification.
func (r Role) CanManage() bool { return r == Owner || r == Admin }

// CanEdit reports whether the role may write data sets and upload.
func (r Role) CanEdit() bool { return r.CanManage() || r == Editor }

// CanRead reports whether the role may read the organization's rows.
func (r Role) CanRead() bool { return r.CanEdit() || r == Viewer }
