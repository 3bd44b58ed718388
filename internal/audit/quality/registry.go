package quality

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
	"sync"

	"assay/internal/audit/annotation"
	"assay/internal/audit/score"
)

// Registry returns every rule of the LQS, by code. Codes are unique.
func Registry() []score.Rule {
	all := annotation.Rules()
	for _, list := range ruleLists {
		all = append(all, list...)
	}
	slices.SortStableFunc(all, func(a, b score.Rule) int { return strings.Compare(a.Code, b.Code) })
	return all
}

// ruleLists are the rules of this package.
var ruleLists = [][]score.Rule{setRules, imageRules, metricRules}

// RulesSHA256 is the digest of everything that fixes the score: its version,
// pillars, bands, limits, and the rules with their weights.
var RulesSHA256 = sync.OnceValue(func() string {
	text, err := json.Marshal(struct {
		Version string
		Weights []score.Weight
		Bands   []score.Band
		Limits  []float64
		Rules   []score.Rule
	}{
		score.Version, score.Weights, score.Bands,
		[]float64{score.HardCap, score.AboveLowest, score.GradePoints, score.FullPoints}, Registry(),
	})
	if err != nil {
		panic("quality: a registry that is no JSON: " + err.Error()) // a rule with a weight that is no number
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
})
