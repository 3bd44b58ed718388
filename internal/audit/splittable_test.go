package audit

import (
	"bufio"
	"bytes"
	"testing"
)

func FuzzSplitTable(f *testing.F) {
	for _, s := range []string{
		"patient_id,split\nP1,train\nP2,test\n", "a\tfold\n1\t0\n2\t1\n", `[{"train": ["a"], "val": ["b"]}]`,
		`{"training": [{"image": "a"}], "test": ["b"]}`, "\"split\n", `{"train": {"test": [[[`, "\xef\xbb\xbfid;set\n",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, json := range []bool{false, true} {
			table := splitTable{hash: func(string) Hash { return Hash{1} }}
			r := bufio.NewReader(bytes.NewReader(data))
			if json {
				table.json(r)
			} else {
				table.csv(r)
			}
			if len(table.rows) > len(data)*maxKeyColumns {
				t.Errorf("%d rows of %d bytes", len(table.rows), len(data))
			}
			for _, row := range table.rows {
				if row.Part > byte(testPart) || row.Part == 0 && row.Fold == 0 {
					t.Errorf("a row without a part: %+v", row)
				}
			}
		}
	})
}
