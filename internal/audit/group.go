package audit

import (
	"encoding/binary"
	"errors"

	"assay/internal/audit/spill"
)

// maxGroup bounds the members compared at once: a larger group is compared in
// parts, which the report says.
const maxGroup = 1 << 17

// groupKey is what the members of a group share; zero belongs to no group.
type groupKey [16]byte

func groupOf(h Hash) (k groupKey) {
	copy(k[:], h[:])
	return k
}

// groups calls each for each group of at least least members that share a key,
// in the order of their first file, the members in the order of their files. It
// returns the number of groups of any size. Everything is sorted outside memory
// if it is large: keys are made with a random key, so that their order means
// nothing, and a second sort puts the groups into that of the files.
func (s *set) groups(key func(*member) groupKey, least int, each func([]member)) (distinct int, err error) {
	byKey := spill.New(len(groupKey{})+memberBytes, s.room, s.scratch)
	byFirst := spill.New(4+memberBytes, s.room, s.scratch)
	defer func() { err = errors.Join(err, byKey.Close(), byFirst.Close()) }()
	var m member
	record := make([]byte, 0, len(groupKey{})+memberBytes)
	if err := s.members.Each(func(b []byte) error {
		m.decode(b)
		k := key(&m)
		if k == (groupKey{}) {
			return nil
		}
		return byKey.Add(append(append(record[:0], k[:]...), b...))
	}); err != nil {
		return 0, err
	}
	if distinct, err = regroup(byKey, byFirst, least); err != nil {
		return 0, err
	}
	var first uint32
	var group []member
	tell := func() {
		if len(group) > 0 {
			each(group)
			group = group[:0]
		}
	}
	err = byFirst.Each(func(b []byte) error {
		n := binary.BigEndian.Uint32(b)
		switch {
		case n != first:
			tell()
			first = n
		case len(group) == maxGroup:
			tell()
			s.parted = true
		}
		group = append(group, member{})
		group[len(group)-1].decode(b[4:])
		return nil
	})
	tell()
	return distinct, err
}

// regroup hands the groups of at least least members on, under the number of
// their first file, and returns how many groups there are.
func regroup(byKey, byFirst *spill.Sorter, least int) (distinct int, err error) {
	var last groupKey
	var held [][]byte // of a group that may be too small
	room := make([]byte, 4+memberBytes)
	size := 0
	err = byKey.Each(func(b []byte) error {
		k := groupKey(b[:len(groupKey{})])
		record := b[len(k):]
		if k != last {
			distinct++
			last, size, held = k, 0, held[:0]
			copy(room, record[:4]) // the first file of the group
		}
		size++
		if size < least {
			held = append(held, append([]byte(nil), record...))
			return nil
		}
		for _, h := range held {
			if err := byFirst.Add(append(room[:4], h...)); err != nil {
				return err
			}
		}
		held = held[:0]
		return byFirst.Add(append(room[:4], record...))
	})
	return distinct, err
}
