package account

import (
	"context"
	"fmt"
	"net/url"

	"github.com/jackc/pgx/v5"

	"assay/internal/id"
	"assay/internal/mail"
	"assay/internal/notice"
)

func enqueue(ctx context.Context, tx pgx.Tx, l mail.Letter) error {
	return mail.Enqueue(ctx, tx, l.Message())
}

// link returns an address of the site with a secret in its query.
func (s *Service) link(path, token string) string {
	return s.url + path + "?" + url.Values{"token": {token}}.Encode()
}

func (s *Service) confirmLetter(email, token string) mail.Letter {
	return mail.Letter{
		To: email, Subject: "Confirm your address",
		Paragraphs: []string{
			"Someone registered at Assay with this address. If it was you, confirm the address: the page asks for the password you chose.",
			"The link works once, for two days. If it was not you, ignore this mail: without your confirmation the account stays closed.",
		},
		Action: "Confirm this address", URL: s.link("/confirm", token),
		Reason: "You get this because your address was entered on the registration page.",
	}
}

func (s *Service) haveAccountLetter(email string) mail.Letter {
	return mail.Letter{
		To: email, Subject: "You already have an account",
		Paragraphs: []string{
			"Someone tried to register at Assay with this address, which already has an account. If it was you, sign in instead; the page also helps with a forgotten password.",
			"If it was not you, there is nothing to do: nothing was changed.",
		},
		Action: "Sign in", URL: s.url + "/login",
		Reason: "You get this because your address was entered on the registration page.",
	}
}

func (s *Service) resetLetter(email, token string) mail.Letter {
	return mail.Letter{
		To: email, Subject: "Set a new password",
		Paragraphs: []string{
			"Someone asked for a new password for your account at Assay.",
			"The link works once, for one hour. If it was not you, ignore this mail: your password stays as it is.",
		},
		Action: "Set a new password", URL: s.link("/reset/new", token),
		Reason: "You get this because your address was entered on the page for forgotten passwords.",
	}
}

// tellPasswordChanged tells a user, who may not be who changed it, and how many
// tokens ended with the old password.
func tellPasswordChanged(ctx context.Context, tx pgx.Tx, user id.User, tokens int64) error {
	ended := "The password of your account at Assay was changed just now, and other sessions were ended."
	if tokens > 0 {
		ended = fmt.Sprintf("The password of your account at Assay was changed just now. Other sessions were ended, and all your tokens to the API (%d) were revoked.", tokens)
	}
	return notice.Send(ctx, tx, notice.Notice{
		Kind: notice.PasswordChanged, To: notice.To{Users: []id.User{user}}, Subject: "Your password was changed",
		Lines: []string{
			ended,
			"If it was not you, set a new password at once.",
		},
		Action: "Set a new password", Path: "/reset",
	})
}

func (s *Service) invitationLetter(email, token, organization, inviter string, role Role) mail.Letter {
	return mail.Letter{
		To: email, Subject: "An invitation to " + organization,
		Paragraphs: []string{
			inviter + " invites you to join " + organization + " at Assay with the role " + role.Label() + ": " + role.Help(),
			"The link works for seven days.",
		},
		Action: "See the invitation", URL: s.link("/invitation", token),
		Reason: "You get this because a member of " + organization + " entered your address.",
	}
}
