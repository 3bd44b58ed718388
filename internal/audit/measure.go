package audit

import (
	"fmt"
	"strconv"
)

// measure adds one instance to the facts.
func (s *set) measure(i *Instance) {
	m := &s.facts
	m.Instances++
	m.Frames += i.Frames
	for _, c := range []struct {
		in    *map[string]int
		value string
	}{
		{&m.Modalities, i.Modality},
		{&m.BodyParts, i.BodyPart},
		{&m.SOPClasses, i.SOPClass},
		{&m.TransferSyntaxes, i.TransferSyntax},
		{&m.Manufacturers, i.Manufacturer},
		{&m.Models, i.Model},
	} {
		if c.value != "" {
			count(c.in, c.value)
		}
	}
	if i.Rows > 0 && i.Columns > 0 {
		countBounded(&m.Matrices, fmt.Sprintf("%d×%d", i.Rows, i.Columns))
	}
	if i.SliceThicknessMM > 0 {
		m.SliceThicknessMM = m.SliceThicknessMM.add(i.SliceThicknessMM)
	}
	if i.FieldStrengthT > 0 {
		countBounded(&m.FieldStrengthsT, strconv.FormatFloat(i.FieldStrengthT, 'f', 1, 64))
	}
	if i.KVp > 0 {
		m.PeakKilovoltageKV = m.PeakKilovoltageKV.add(i.KVp)
	}
}

// maxKeys bounds the different values counted of one attribute.
const maxKeys = 100

// countBounded counts under "other" once there are maxKeys keys.
func countBounded(m *map[string]int, key string) {
	if _, known := (*m)[key]; !known && len(*m) >= maxKeys {
		key = "other"
	}
	count(m, key)
}

// measured returns the facts of the whole set.
func (s *set) measured(bytes int64) Measured {
	m := s.facts
	m.Bytes = bytes
	if m.Kinds == nil {
		m.Kinds = map[string]int{}
	}
	return m
}

func orNotStated(v string) string {
	if v == "" {
		return "not stated"
	}
	return v
}
