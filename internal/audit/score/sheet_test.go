package score_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"assay/internal/audit/distribution"
	"assay/internal/audit/score"
)

// A small registry: what each rule may cost stands in its code.
var (
	formatRule   = score.Rule{Code: "F-101", Level: score.Error, Title: "a", Cap: 10, Full: 0.1}
	formatOther  = score.Rule{Code: "F-102", Level: score.Error, Title: "b", Cap: 20, Full: 0.1}
	completeRule = score.Rule{Code: "C-101", Level: score.Warning, Title: "c", Cap: 25, Full: 0.5}
	spreadRule   = score.Rule{Code: "D-101", Level: score.Warning, Title: "d", Cap: 20, Full: 0.5}
	leakRule     = score.Rule{Code: "S-101", Level: score.Error, Title: "e", Cap: 3, Full: 0.05, AnyHard: true}
	geometryRule = score.Rule{Code: "F-103", Level: score.Error, Title: "f", Cap: 5, Full: 0.1, Hard: 0.01}
	pixelRule    = score.Rule{Code: "Q-101", Level: score.Warning, Title: "g", Cap: 5, Full: 0.1, Pixels: true}
	infoRule     = score.Rule{Code: "P-101", Level: score.Info, Title: "h"}

	registry = []score.Rule{formatRule, formatOther, completeRule, spreadRule, leakRule, geometryRule, pixelRule, infoRule}
)

// held is a rule with what broke it.
type held struct {
	rule               score.Rule
	affected, eligible int
}

func bookOf(list ...held) *score.Book {
	b := &score.Book{}
	for _, h := range list {
		b.Check(h.rule, h.eligible)
		for range h.affected {
			b.Find(h.rule, score.Example{})
		}
	}
	return b
}

func TestScoreIsWhatTheFormulaSays(t *testing.T) {
	tests := []struct {
		name       string
		book       *score.Book
		unmeasured map[score.Pillar]string
		value      float64
		grade      string
		losses     []score.Loss
	}{
		{
			name: "nothing broken keeps everything",
			book: bookOf(held{formatRule, 0, 100}, held{completeRule, 0, 100}), value: 100, grade: "A",
		},
		{
			name: "a rate at half of Full costs half of Cap",
			book: bookOf(held{formatRule, 5, 100}), value: 95, grade: "A",
			losses: []score.Loss{{Code: "F-101", Points: 5, Gain: 5}},
		},
		{
			name: "a rate over Full costs Cap, no more",
			book: bookOf(held{geometryRule, 1, 100}, held{pixelRule, 90, 100}), value: 75, grade: "C",
			losses: []score.Loss{{Code: "lowest-pillar", Points: 19.5}, {Code: "Q-101", Points: 5, Gain: 24.5}, {Code: "F-103", Points: 0.5}},
		},
		{
			name: "a pillar loses its points at most, each rule its share, and the weakest pillar holds the score",
			book: bookOf(held{formatRule, 10, 100}, held{formatOther, 10, 100}), value: 25, grade: "F",
			losses: []score.Loss{
				{Code: "lowest-pillar", Points: 50},
				{Code: "F-102", Points: 16.7, Gain: 60}, // 15 of 25 points are left: 60 % + 25
				{Code: "F-101", Points: 8.3, Gain: 20},
			},
		},
		{
			name:       "what is not measured leaves numerator and denominator",
			book:       bookOf(held{formatRule, 10, 100}),
			unmeasured: map[score.Pillar]string{score.Splits: "no splits", score.Provenance: "unknown"},
			value:      85, grade: "B", // 10 of 80 points lost; 60 % of F + 25
			losses: []score.Loss{{Code: "F-101", Points: 12.5, Gain: 15}, {Code: "lowest-pillar", Points: 2.5}},
		},
		{
			name:       "below 85 points measured the best grade is B",
			book:       bookOf(held{formatRule, 0, 100}),
			unmeasured: map[score.Pillar]string{score.Distribution: "no classes"},
			value:      100, grade: "B",
		},
		{
			name:       "below 70 points measured there is no grade",
			book:       bookOf(held{formatRule, 0, 100}),
			unmeasured: map[score.Pillar]string{score.Distribution: "no classes", score.Splits: "no splits"},
			value:      100, grade: "",
		},
		{
			name: "a hard fault holds the score at 39",
			book: bookOf(held{leakRule, 1, 1000}), value: 39, grade: "F",
			losses: []score.Loss{{Code: "hard-fault", Points: 60.9}, {Code: "S-101", Points: 0.1, Gain: 61}},
		},
		{
			name: "a rate at the bound of a hard fault is none",
			book: bookOf(held{geometryRule, 1, 100}), value: 99.5, grade: "A",
			losses: []score.Loss{{Code: "F-103", Points: 0.5, Gain: 0.5}},
		},
		{
			name: "mending one of two hard faults gains nothing",
			book: bookOf(held{leakRule, 50, 1000}, held{geometryRule, 10, 100}), value: 39, grade: "F",
			losses: []score.Loss{{Code: "hard-fault", Points: 53}, {Code: "F-103", Points: 5}, {Code: "S-101", Points: 3}},
		},
		{
			name: "what is only worth knowing costs nothing",
			book: bookOf(held{infoRule, 10, 10}), value: 100, grade: "A",
		},
		{
			name:       "where nothing is measured there is nothing to keep",
			book:       bookOf(),
			unmeasured: map[score.Pillar]string{'F': "x", 'C': "x", 'D': "x", 'S': "x", 'Q': "x", 'P': "x"},
			value:      0, grade: "",
			losses: []score.Loss{{Code: "not-measured", Points: 100}},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			sheet := score.Sheet{Rules: registry, Book: tt.book, Unmeasured: tt.unmeasured}
			got := sheet.Score()
			if got.Value != tt.value || got.Grade != tt.grade {
				t.Errorf("score %v %q, want %v %q", got.Value, got.Grade, tt.value, tt.grade)
			}
			if diff := cmp.Diff(tt.losses, got.Losses); diff != "" {
				t.Errorf("losses (-want +got):\n%s", diff)
			}
		})
	}
}

func TestFixesNameBothHardFaultsBeforeTheRest(t *testing.T) {
	sheet := score.Sheet{Rules: registry, Book: bookOf(held{leakRule, 1, 1000}, held{geometryRule, 10, 100}, held{formatRule, 10, 100})}
	want := []score.Loss{
		{Code: "F-103", Points: 5},             // both hold the score: the first alone gains nothing
		{Code: "S-101", Points: 0.1, Gain: 46}, // 60 % of F + 25
		{Code: "F-101", Points: 10, Gain: 15},
	}
	if diff := cmp.Diff(want, sheet.Score().Fixes); diff != "" {
		t.Errorf("fixes (-want +got):\n%s", diff)
	}
}

func TestFixesOfThePillarThatHoldsTheScoreComeFirst(t *testing.T) {
	one, other := score.Rule{Code: "P-201", Cap: 5, Full: 0.1}, score.Rule{Code: "P-202", Cap: 5, Full: 0.1}
	sheet := score.Sheet{
		Rules: []score.Rule{completeRule, one, other},
		Book:  bookOf(held{completeRule, 40, 100}, held{one, 100, 100}, held{other, 100, 100}),
	}
	want := []score.Loss{{Code: "P-201", Points: 2.5}, {Code: "P-202", Points: 5, Gain: 20}, {Code: "C-101", Points: 20, Gain: 55}}
	if diff := cmp.Diff(want, sheet.Score().Fixes); diff != "" {
		t.Errorf("fixes (-want +got):\n%s", diff)
	}
}

func TestSampleGivesAnIntervalToRulesOnPixelsAlone(t *testing.T) {
	sheet := score.Sheet{Rules: registry, Sampled: true, Book: bookOf(held{pixelRule, 40, 2000}, held{formatRule, 1, 100})}
	got := sheet.Score()
	// One rule on pixels: 95 %, of 40 in 2,000 the interval 0.0147 to 0.0271.
	low, high := distribution.Wilson(40, 2000)
	want := [3]float64{round(99 - 50*high), 98, round(99 - 50*low)}
	if diff := cmp.Diff(want, [3]float64{got.Low, got.Value, got.High}); diff != "" {
		t.Errorf("low, value, high (-want +got):\n%s", diff)
	}
	sheet.Book = bookOf(held{formatRule, 1, 100})
	if got := sheet.Score(); got.Low != got.Value || got.High != got.Value {
		t.Errorf("without a rule on pixels the score is %v to %v, want %v alone", got.Low, got.High, got.Value)
	}
}

func round(v float64) float64 { return math.Round(10*v) / 10 }

// anySheet draws rules, what broke them, and pillars that were not measured.
func anySheet(t *rapid.T) score.Sheet {
	s := score.Sheet{Book: &score.Book{}, Unmeasured: map[score.Pillar]string{}, Sampled: rapid.Bool().Draw(t, "sampled")}
	for _, w := range score.Weights {
		if rapid.IntRange(0, 5).Draw(t, "unmeasured") == 0 {
			s.Unmeasured[w.Pillar] = "drawn"
		}
		for i := range rapid.IntRange(0, 8).Draw(t, "rules") {
			r := score.Rule{Code: fmt.Sprintf("%c-%03d", w.Pillar, i), Level: score.Error, Pixels: rapid.Bool().Draw(t, "pixels")}
			if rapid.Bool().Draw(t, "weighs") {
				r.Cap, r.Full = rapid.Float64Range(0.5, 15).Draw(t, "cap"), rapid.Float64Range(0.01, 1).Draw(t, "full")
			}
			if rapid.IntRange(0, 15).Draw(t, "hard") == 0 {
				r.Hard = rapid.Float64Range(0, 0.2).Draw(t, "hard rate")
			}
			s.Rules = append(s.Rules, r)
			eligible := rapid.IntRange(0, 200).Draw(t, "eligible")
			s.Book.Check(r, eligible)
			for range rapid.IntRange(0, eligible).Draw(t, "affected") {
				s.Book.Find(r, score.Example{})
			}
		}
	}
	return s
}

func TestLossesSumToWhatTheScoreLacks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := anySheet(t)
		r := s.Score()
		sum := 0.0
		for i, l := range r.Losses {
			sum += l.Points
			if l.Points <= 0 || i > 0 && l.Points > r.Losses[i-1].Points {
				t.Fatalf("losses are not above 0 and largest first: %+v", r.Losses)
			}
		}
		if math.Abs(sum-(100-r.Value)) > 1e-6 {
			t.Fatalf("losses sum to %v, the score is %v: %+v", sum, r.Value, r.Losses)
		}
	})
}

func TestScoreKeepsItsBounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := anySheet(t)
		r := s.Score()
		if r.Value < 0 || r.Low > r.Value || r.High < r.Value || r.High > 100 {
			t.Fatalf("score %v, interval %v to %v", r.Value, r.Low, r.High)
		}
		if len(r.HardFails) > 0 && r.Value > score.HardCap {
			t.Fatalf("score %v with the hard fault %s", r.Value, r.HardFails[0].Code)
		}
		if (r.Grade == "") != (r.Measured < score.GradePoints) || r.Grade == "A" && r.Measured < score.FullPoints {
			t.Fatalf("grade %q with %v points measured", r.Grade, r.Measured)
		}
		for _, k := range r.Pillars {
			if k.Kept < 0 || k.Kept > k.Points {
				t.Fatalf("pillar %s keeps %v of %v", k.Name, k.Kept, k.Points)
			}
			rounded := 0.05 + 100*0.005/k.Points // of the score and of what is kept
			if k.Measured && r.Value > 100*k.Kept/k.Points+score.AboveLowest+rounded+1e-6 {
				t.Fatalf("score %v is more than %v above %s, which keeps %v of %v", r.Value, score.AboveLowest, k.Name, k.Kept, k.Points)
			}
		}
	})
}

func TestMendingNeverLowersTheScore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := anySheet(t)
		r := s.Score()
		at := r.Value
		for _, f := range r.Fixes {
			if f.Gain < 0 {
				t.Fatalf("mending %s gains %v", f.Code, f.Gain)
			}
			at += f.Gain
		}
		for _, l := range r.Losses {
			if l.Gain < 0 || l.Gain > 100-r.Value+1e-6 {
				t.Fatalf("mending %s gains %v of a score of %v", l.Code, l.Gain, r.Value)
			}
		}
		if at > 100+1e-6 {
			t.Fatalf("fixes lead to %v", at)
		}
	})
}

func TestWeightsSumToAHundred(t *testing.T) {
	sum := 0.0
	for _, w := range score.Weights {
		sum += w.Points
	}
	if sum != 100 {
		t.Errorf("pillars have %v points, want 100", sum)
	}
}
