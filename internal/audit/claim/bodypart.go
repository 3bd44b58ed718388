package claim

import (
	"maps"
	"slices"
	"strings"
)

// region is a part of the body that an image covers, coarse enough that
// neighbors show in each other's images.
type region uint16

const (
	head region = 1 << iota
	neck
	chest
	abdomen
	pelvis
	spine
	arm
	leg
	everywhere = head | neck | chest | abdomen | pelvis | spine | arm | leg
)

// regionsOf says where what a listing names can show.
var regionsOf = map[string]region{
	"head": head, "brain": head, "eye": head, "dental": head, "neck": neck | head | spine,
	"spine": spine | neck | chest | abdomen | pelvis, "chest": chest, "lung": chest, "heart": chest, "breast": chest,
	"abdomen": abdomen, "liver": abdomen, "kidney": abdomen, "pancreas": abdomen, "colon": abdomen | pelvis,
	"pelvis": pelvis | abdomen, "prostate": pelvis, "uterus": pelvis | abdomen,
	"upper_extremity": arm, "lower_extremity": leg | pelvis, "knee": leg,
	"vessel": everywhere, "skin": everywhere, "lymph_node": everywhere, "whole_body": everywhere, "other": everywhere,
}

// BodyParts are the words for parts of the body, sorted.
func BodyParts() []string { return slices.Sorted(maps.Keys(regionsOf)) }

// examined says what the values of BodyPartExamined cover. One that is not here
// can be anywhere.
//
// Source: DICOM PS3.16 Annex L and common forms.
var examined = func() map[string]region {
	m := map[string]region{}
	for at, words := range map[region]string{
		head:                                    "BRAIN CEREBELLUM CHEEK CORNEA EAR EYE EYELID FACE HEAD IAC JAW MAXILLA MOUTH NOSE ORBIT PAROTID PITUITARY RETINA SCALP SCLERA SINUS SKULL SUBMANDIBULAR TEETH TMJ TONGUE ZYGOMA",
		head | neck:                             "CAROTID HEADNECK LARYNX PHARYNX",
		neck:                                    "NECK THYROID",
		neck | chest:                            "ESOPHAGUS NECKCHEST TRACHEA",
		neck | chest | abdomen:                  "NECKCHESTABDOMEN",
		neck | chest | abdomen | pelvis:         "NECKCHESTABDPELV",
		neck | chest | arm:                      "BRACHIALPLEXUS",
		spine | neck:                            "CSPINE",
		spine | neck | chest:                    "CTSPINE",
		spine | chest:                           "TSPINE",
		spine | chest | abdomen:                 "TLSPINE",
		spine | abdomen | pelvis:                "LSPINE LSSPINE SSPINE",
		spine | pelvis:                          "COCCYX SACRUM",
		spine | neck | chest | abdomen | pelvis: "BACK SPINE SPINALCORD",
		chest:                                   "BREAST BRONCHUS CHEST CORONARYARTERY HEART LUNG MEDIASTINUM RIB STERNUM THORAX THYMUS",
		chest | abdomen:                         "CHESTABDOMEN",
		chest | abdomen | pelvis:                "AORTA CHESTABDOMENPELVIS CHESTABDPELVIS",
		chest | arm:                             "AXILLA CLAVICLE SCAPULA SHOULDER",
		abdomen:                                 "ADRENAL DUODENUM GALLBLADDER JEJUNUM KIDNEY LIVER PANCREAS SPLEEN STOMACH",
		abdomen | pelvis:                        "ABDOMEN ABDOMENPELVIS BLADDER COLON ILEUM OVARY PELVIS URETER UTERUS",
		pelvis:                                  "ANUS CERVIX ILIUM PENIS PROSTATE RECTUM SCROTUM TESTIS URETHRA VAGINA VULVA",
		pelvis | leg:                            "BUTTOCK HIP",
		arm:                                     "ARM ELBOW FINGER FOREARM HAND HUMERUS RADIUS RADIUSULNA THUMB ULNA UPEXM UPPERLIMB WRIST",
		leg:                                     "ANKLE CALCANEUS CALF FEMUR FOOT KNEE LEG LOWERLIMB LOWEXM PATELLA THIGH TIBIAFIBULA TOE",
	} {
		for word := range strings.FieldsSeq(words) {
			m[word] = at
		}
	}
	return m
}()

// parts holds claimed parts of the body against BodyPartExamined. A claimed
// part and a stated one agree if some image may show both; headers name the
// region of an examination, listings what is to be seen in it.
func parts(claimed []string, m *Measured) Check {
	c := Check{Claim: "body_parts", Claimed: strings.Join(claimed, ", "), Measured: namesOf(m.BodyParts), Outcome: NotCheckable}
	if len(claimed) == 0 || len(m.BodyParts) == 0 {
		return c
	}
	var stated, wanted region
	foreign, open := 0, m.Instances-sum(m.BodyParts) > m.derived() || m.Others > 0
	for _, p := range claimed {
		wanted |= regionsOf[p]
	}
	for word, n := range m.BodyParts {
		at, ok := examined[word]
		if !ok {
			at, open = everywhere, true
		}
		stated |= at
		if at&wanted == 0 {
			foreign += n
		}
	}
	unseen := slices.ContainsFunc(claimed, func(p string) bool { return regionsOf[p]&stated == 0 })
	switch {
	case foreign > m.derived() || unseen && !open:
		c.Outcome = Contradicted
	case unseen || open:
		c.Outcome = NoContradiction
	default:
		c.Outcome = Confirmed
	}
	return c
}
