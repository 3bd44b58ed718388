package deid

import (
	"fmt"
	"strings"
	"sync"
)

// undeclared completes the message about a value that an option of the profile
// would let stay, by what is missing: the claim, the code in the file, or
// both. It returns "" for a value that no option covers.
func (c *context) undeclared(n *note) string {
	switch {
	case n.rule == &ruleAge && n.class == dummy: // 090Y, the group of all over 89
		return c.withoutOption(RetainPatientCharacteristics)
	case n.rule == &rulePrivate && n.standing != unlisted:
		return c.withoutOption(RetainSafePrivate)
	case n.entry == nil || n.entry.row == nil || n.class != real && n.class != yearOnly:
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
	return c.withoutOption(option)
}

// withoutOption says where the declaration of one of the options is missing.
func (c *context) withoutOption(option Options) string {
	if option == 0 || option&c.declared != 0 {
		return ""
	}
	missing := nowhere
	switch {
	case option&c.fileOpts != 0:
		missing = inClaims
	case option&c.claimOpts != 0:
		missing = inFile
	}
	return suffix(option, missing)
}

// Where the declaration of an option is missing.
const (
	nowhere  = " %s is not declared."
	inClaims = " %s is coded in the file, but not declared in the claims."
	inFile   = " %s is declared in the claims, but not coded in the file."
)

// suffixes keeps the sentences, of which there are a few dozen.
var suffixes sync.Map

type suffixKey struct {
	option  Options
	missing string
}

// suffix names the options by their codes. Where full and modified dates would
// both do, it names the latter.
func suffix(option Options, missing string) string {
	key := suffixKey{option, missing}
	if s, ok := suffixes.Load(key); ok {
		return s.(string)
	}
	var list []string
	for _, code := range codes {
		if o := optionOf[code.Value]; o&option != 0 && (o != RetainFullDates || option&RetainModifiedDates == 0) {
			list = append(list, code.Value)
		}
	}
	s := ""
	if len(list) > 0 {
		s = fmt.Sprintf(missing, "Option "+strings.Join(list, " or "))
	}
	suffixes.Store(key, s)
	return s
}
