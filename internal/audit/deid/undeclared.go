package deid

import (
	"fmt"
	"strings"
)

// undeclared completes the message about a value that an option of the profile
// would let stay, by what is missing: the claim, the code in the file, or
// both. It returns "" for a value that no option covers.
func (c *context) undeclared(n *note) string {
	if n.entry == nil || n.entry.row == nil || n.class != real && n.class != yearOnly {
		return ""
	}
	switch n.rule {
	case &ruleRemainX, &ruleRemainZD, &ruleDate, &ruleDevice, &ruleGeo, &ruleRT, &ruleGraphics, &ruleUID, &ruleSR, &ruleOverlay:
	default:
		return ""
	}
	option := n.entry.row.keep | n.entry.row.clean
	if n.rule == &ruleDate && !n.isDeviceDate() {
		option = RetainModifiedDates
	}
	if option == 0 || option&c.declared != 0 {
		return ""
	}
	var list []string
	for _, code := range codes {
		if o := optionOf[code.Value]; o&option != 0 && !(o == RetainFullDates && option&RetainModifiedDates != 0) {
			list = append(list, code.Value)
		}
	}
	if len(list) == 0 {
		return ""
	}
	named := "Option " + strings.Join(list, " or ")
	switch {
	case option&c.fileOpts != 0:
		return fmt.Sprintf(" %s is coded in the file, but not declared in the claims.", named)
	case option&c.claimOpts != 0:
		return fmt.Sprintf(" %s is declared in the claims, but not coded in the file.", named)
	}
	return fmt.Sprintf(" %s is not declared.", named)
}
