package archive_test

import (
	"archive/tar"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"assay/internal/audit/archive"

	"github.com/google/go-cmp/cmp"
)

func open(b []byte, lim archive.Limits) (*archive.FS, error) {
	return archive.Open(bytes.NewReader(b), int64(len(b)), "set", lim)
}

// readAll reads every file in order and at random, and returns the first
// refusal.
func readAll(files *archive.FS) error {
	for _, name := range files.Files() {
		whole, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		f, err := files.Open(name)
		if err != nil {
			return err
		}
		again, err := io.ReadAll(io.NewSectionReader(f.(*archive.File), 0, int64(len(whole))))
		if err = errors.Join(err, f.Close()); err != nil {
			return err
		}
		if !bytes.Equal(whole, again) {
			return fmt.Errorf("%s: Read and ReadAt differ", name)
		}
	}
	return nil
}

func TestHonestArchivesAreFileSystems(t *testing.T) {
	content := map[string]string{"study/1.dcm": noise(5 << 20), "study/2.dcm": "two", "labels/a.csv": "id,label\n", "Bücher/ä.txt": "x", "README": ""}
	names := []string{"study/1.dcm", "README", "Bücher/ä.txt", "study/2.dcm", "labels/a.csv"}
	var entries []tarEntry
	for _, name := range names {
		entries = append(entries, tarFile("./"+name, content[name]))
	}
	plain := madeTar(t, append([]tarEntry{{tar.Header{Name: "./", Typeflag: tar.TypeDir, Mode: 0o755}, ""}}, entries...)...)
	archives := map[string][]byte{
		"zip": honestZip(t, content, names...), "tar": plain, "tar.gz": gzipped(plain), "tar.zst": zstandard(plain),
	}
	for kind, b := range archives {
		t.Run(kind, func(t *testing.T) {
			files, err := open(b, archive.Limits{})
			if err != nil {
				t.Fatalf("Open: %v", err)
			}
			defer files.Close()
			if refused := files.Refused(); len(refused) > 0 {
				t.Errorf("refused %v, want none", refused)
			}
			want := []string{"Bücher/ä.txt", "README", "labels/a.csv", "study/1.dcm", "study/2.dcm"}
			if diff := cmp.Diff(want, files.Files()); diff != "" {
				t.Errorf("Files (-want +got):\n%s", diff)
			}
			if err := fstest.TestFS(files, want...); err != nil {
				t.Error(err)
			}
			for _, name := range names {
				got, err := fs.ReadFile(files, name)
				if err != nil || string(got) != content[name] {
					t.Errorf("ReadFile(%q) = %d bytes, %v, want %d bytes", name, len(got), err, len(content[name]))
				}
			}
			if err := readAll(files); err != nil {
				t.Error(err)
			}
			if got, want := files.Unpacked(), int64(5<<20+3+9+1); got != want {
				t.Errorf("Unpacked = %d, want %d", got, want)
			}
		})
	}
}

// zip64 end records and fields, as a writer makes them that always uses them.
func zip64Of(name, content string, lie func(record, extra []byte)) []byte {
	le := binary.LittleEndian
	extra := le.AppendUint16(nil, 1)
	extra = le.AppendUint16(extra, 16)
	extra = le.AppendUint64(extra, uint64(len(content)))
	extra = le.AppendUint64(extra, uint64(len(content)))
	record := []byte("PK\x06\x06\x2c\x00\x00\x00\x00\x00\x00\x00\x2d\x00\x2d\x00\x00\x00\x00\x00\x00\x00\x00\x00")
	record = le.AppendUint64(record, 1)
	record = le.AppendUint64(record, 1)
	record = append(record, make([]byte, 16)...)
	if lie != nil {
		lie(record, extra)
	}
	e := rawEntry{name: name, content: content, extra: string(extra), packed: ptr(uint32(0xffffffff)), unpacked: ptr(uint32(0xffffffff))}
	b := rawZip{entries: []rawEntry{e}}.bytes()
	end := len(b) - 22
	at, size := le.Uint32(b[end+16:]), le.Uint32(b[end+12:])
	if le.Uint64(record[40:]) == 0 {
		le.PutUint64(record[40:], uint64(size))
		le.PutUint64(record[48:], uint64(at))
	}
	locator := le.AppendUint64([]byte("PK\x06\x07\x00\x00\x00\x00"), uint64(end))
	locator = le.AppendUint32(locator, 1)
	tail := []byte("PK\x05\x06\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x00\x00")
	return append(append(append(append([]byte{}, b[:end]...), record...), locator...), tail...)
}

func TestZip64IsReadAndItsLiesAreRefused(t *testing.T) {
	files, err := open(zip64Of("a", "hello", nil), archive.Limits{})
	if err != nil || len(files.Refused()) > 0 || readAll(files) != nil {
		t.Fatalf("Open = %v, %v, want one readable file", files, err)
	}
	le := binary.LittleEndian
	lies := map[string]func(record, extra []byte){
		"a directory past the end": func(record, _ []byte) { le.PutUint64(record[40:], 1<<40); le.PutUint64(record[48:], 1<<40) },
		"a negative offset":        func(record, _ []byte) { le.PutUint64(record[40:], 10); le.PutUint64(record[48:], 1<<63) },
		"2^40 entries":             func(record, _ []byte) { le.PutUint64(record[24:], 1<<40); le.PutUint64(record[32:], 1<<40) },
		"a packed size of 2^60":    func(_, extra []byte) { le.PutUint64(extra[12:], 1<<60) },
		"a size of 2^63":           func(_, extra []byte) { le.PutUint64(extra[4:], 1<<63) },
	}
	for name, lie := range lies {
		t.Run(name, func(t *testing.T) {
			_, err := open(zip64Of("a", "hello", lie), archive.Limits{})
			var refusal *archive.Refusal
			if !errors.As(err, &refusal) {
				t.Errorf("Open = %v, want a refusal", err)
			}
		})
	}
}

func TestArchiveIsRefusedAsAWhole(t *testing.T) {
	a, b := rawEntry{name: "a", content: "hello"}, rawEntry{name: "b", content: "world"}
	good := rawZip{entries: []rawEntry{a, b}}.bytes()
	pair := append(append([]byte{}, good...), good...)
	folder := madeTar(t, tarFile("a", "hello"), tarFile("b", "world"))
	zeros := strings.Repeat("\x00", 4<<20)
	tests := []struct {
		name  string
		bytes []byte
		lim   archive.Limits
		says  string
	}{
		{"cut within the end record", good[:len(good)-1], archive.Limits{}, "cut short"},
		{"cut within the content", good[:40], archive.Limits{}, "end record"},
		{"two archives joined", pair, archive.Limits{}, "do not belong"},
		{"bytes before the archive", append([]byte("MZ not a program"), good...), archive.Limits{}, "archive"},
		{"bytes before, with the offsets moved", rawZip{before: "\x01\x02\x03\x04", entries: []rawEntry{a, b}}.bytes(), archive.Limits{}, "before the first entry"},
		{"bytes after the archive", append(append([]byte{}, good...), "tail"...), archive.Limits{}, "followed by 4 bytes"},
		{"bytes between entries", rawZip{entries: []rawEntry{{name: "a", content: "hello", gap: "hidden"}, b}}.bytes(), archive.Limits{}, "belong to none"},
		{"bytes before the directory", rawZip{entries: []rawEntry{a, b}, junk: "hidden"}.bytes(), archive.Limits{}, "belong to none"},
		{"a directory elsewhere", rawZip{entries: []rawEntry{a, b}, shift: -4}.bytes(), archive.Limits{}, "directory"},
		{"a count too high", rawZip{entries: []rawEntry{a, b}, count: ptr(uint16(3))}.bytes(), archive.Limits{}, "3 entries"},
		{"a count too low", rawZip{entries: []rawEntry{a, b}, count: ptr(uint16(1))}.bytes(), archive.Limits{}, "more than its 1 entries"},
		{"two end records", rawZip{entries: []rawEntry{a}, comment: "PK\x05\x06\x00\x00\x00\x00" + strings.Repeat("\x00", 14)}.bytes(), archive.Limits{}, "archive"},
		{"entries share a local header", rawZip{entries: []rawEntry{a, {name: "a", content: "hello", header: ptr(uint32(0))}}}.bytes(), archive.Limits{}, "share one place"},
		{"entries overlap", overlapping(), archive.Limits{}, "overlap"},
		{"an entry outside", rawZip{entries: []rawEntry{{name: "a", content: "x", header: ptr(uint32(1 << 30))}}}.bytes(), archive.Limits{}, "outside"},
		{"an entry that reaches over the directory", rawZip{entries: []rawEntry{{name: "a", content: "x", packed: ptr(uint32(20)), unpacked: ptr(uint32(20))}}}.bytes(), archive.Limits{}, "reaches into"},
		{"an entry larger than the archive", rawZip{entries: []rawEntry{{name: "a", content: "x", packed: ptr(uint32(1 << 30)), unpacked: ptr(uint32(1 << 30))}}}.bytes(), archive.Limits{}, "more than the archive holds"},
		{"a ratio over 200", rawZip{entries: []rawEntry{{name: "a", content: zeros, deflate: true}}}.bytes(), archive.Limits{}, "limit is 200:1"},
		{"too many entries", rawZip{entries: []rawEntry{a, b}}.bytes(), archive.Limits{Entries: 1}, "2 entries; the limit is 1"},
		{"too many bytes", rawZip{entries: []rawEntry{a, b}}.bytes(), archive.Limits{TotalBytes: 9}, "more than 9 bytes"},
		{"a part of several", splitZip(), archive.Limits{}, "one piece"},
		{"tar: no end mark", folder[:len(folder)-1024], archive.Limits{}, "end mark"},
		{"tar: one zero block only", folder[:len(folder)-512], archive.Limits{}, "end mark"},
		{"tar: a file of zeros and no end mark", noEndMark(t), archive.Limits{}, "end mark"},
		{"tar: cut within a file", folder[:514], archive.Limits{}, "more than the archive holds"},
		{"tar: a second archive behind the end mark", append(append([]byte{}, folder...), folder...), archive.Limits{}, "after its end mark"},
		{"tar: too many entries", folder, archive.Limits{Entries: 1}, "more than 1 entries"},
		{"tar: too many bytes", folder, archive.Limits{TotalBytes: 9}, "more than 9 bytes"},
		{"tar: a header that renames what follows", globalPath(t), archive.Limits{}, "path"},
		{"tar.gz: cut", gzipped(folder)[:100], archive.Limits{}, "cut short"},
		{"tar.gz: bytes behind", append(gzipped(folder), "more bytes behind"...), archive.Limits{}, "followed by"},
		{"tar.gz: wrong checksum", spoil(gzipped(folder), 8), archive.Limits{}, "checksum"},
		{"tar.gz: a ratio over 200", gzipped(madeTar(t, tarFile("a", zeros))), archive.Limits{}, "more than 200 times"},
		{"tar.gz: zeros without end", gzipped(make([]byte, 8<<20)), archive.Limits{}, "more than 200 times"},
		{"tar.gz: more than the scratch space", gzipped(madeTar(t, tarFile("a", noise(3<<20)))), archive.Limits{Scratch: &archive.Memory{Limit: 1 << 20}}, "temporary space"},
		{"tar.zst: a ratio over 200", zstandard(madeTar(t, tarFile("a", zeros))), archive.Limits{}, "more than 200 times"},
		{"tar.zst: cut", zstandard(madeTar(t, tarFile("a", noise(1000))))[:500], archive.Limits{}, "cut short"},
		{"tar.zst: spoiled", spoil(zstandard(madeTar(t, tarFile("a", noise(100000)))), 3), archive.Limits{}, "damaged"},
		{"gzip of something else", gzipped([]byte(strings.Repeat("plain text. ", 100))), archive.Limits{}, "not a tar"},
		{"7z", []byte("7z\xbc\xaf\x27\x1c\x00\x04"), archive.Limits{}, "use zip"},
		{"nothing", nil, archive.Limits{}, "empty"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			files, err := open(tt.bytes, tt.lim)
			var refusal *archive.Refusal
			if !errors.As(err, &refusal) {
				t.Fatalf("Open = %v, %v, want a refusal", files, err)
			}
			if refusal.Index != 0 || !strings.Contains(refusal.Reason, tt.says) {
				t.Errorf("refused with %q, want a sentence with %q about the archive", refusal, tt.says)
			}
		})
	}
}

// overlapping hides the entry b within the content of a.
func overlapping() []byte {
	inner := "PK\x03\x04\x14\x00\x00\x00\x00\x00\x00\x00\x21\x50\x43\xbe\xb7\xe8\x01\x00\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00ba"
	b := rawZip{entries: []rawEntry{
		{name: "a", content: inner},
		{name: "b", content: "a", header: ptr(uint32(31))},
	}}.bytes()
	return b
}

func splitZip() []byte {
	b := rawZip{entries: []rawEntry{{name: "a", content: "x"}}}.bytes()
	b[len(b)-22+4] = 1
	return b
}

func noEndMark(t *testing.T) []byte {
	b := madeTar(t, tarFile("a", strings.Repeat("\x00", 4096)))
	return b[:len(b)-1024]
}

func globalPath(t *testing.T) []byte {
	return madeTar(t, tarEntry{tar.Header{Typeflag: tar.TypeXGlobalHeader, PAXRecords: map[string]string{"path": "elsewhere"}}, ""}, tarFile("a", "x"))
}

func spoil(b []byte, fromEnd int) []byte {
	b[len(b)-fromEnd] ^= 0xff
	return b
}

func TestEntryIsRefusedAndTheOthersStay(t *testing.T) {
	zipped := func(e rawEntry) []byte {
		return rawZip{entries: []rawEntry{{name: "good/1", content: "one"}, e, {name: "good/2", content: "two"}}}.bytes()
	}
	named := func(name string) []byte { return zipped(rawEntry{name: name, content: "x"}) }
	tarred := func(e tarEntry) []byte {
		return madeTar(t, tarFile("good/1", "one"), e, tarFile("good/2", "two"))
	}
	special := func(typeflag byte) []byte {
		return tarred(tarEntry{tar.Header{Name: "odd", Linkname: "good/1", Typeflag: typeflag, Mode: 0o644}, ""})
	}
	tests := []struct {
		name  string
		bytes []byte
		lim   archive.Limits
		says  string
	}{
		{"absolute", named("/etc/passwd"), archive.Limits{}, "absolute"},
		{"out of the archive", named("a/../../b"), archive.Limits{}, ".."},
		{"only dots", named(".."), archive.Limits{}, ".."},
		{"backslash", named("..\\evil"), archive.Limits{}, "backslash"},
		{"drive letter", named("C:/evil"), archive.Limits{}, "drive letter"},
		{"network path", named("//server/share"), archive.Limits{}, "absolute"},
		{"empty part", named("a//b"), archive.Limits{}, "empty"},
		{"dot within", named("a/./b"), archive.Limits{}, "empty or \".\""},
		{"no name", named(""), archive.Limits{}, "no name"},
		{"NUL", named("a.txt\x00.dcm"), archive.Limits{}, "NUL"},
		{"control character", named("a\x1b[2Jb"), archive.Limits{}, "control"},
		{"line break", named("a\nb"), archive.Limits{}, "control"},
		{"direction override", zipped(rawEntry{name: "a\u202egnp.exe", content: "x", flags: 1 << 11}), archive.Limits{}, "direction"},
		{"invisible space", zipped(rawEntry{name: "a\u200bb", content: "x", flags: 1 << 11}), archive.Limits{}, "invisible"},
		{"bad UTF-8 flagged as UTF-8", zipped(rawEntry{name: "a\xff", content: "x", flags: 1 << 11}), archive.Limits{}, "UTF-8"},
		{"long part", named(strings.Repeat("a", 256)), archive.Limits{}, "256 bytes; the limit is 255"},
		{"deep path", named(strings.Repeat("a/", 32) + "b"), archive.Limits{}, "33 parts; the limit is 32"},
		{"duplicate", named("good/1"), archive.Limits{}, "more than once"},
		{"duplicate by case", named("GOOD/1"), archive.Limits{}, "upper and lower case"},
		{"duplicate by a final dot", named("good/1."), archive.Limits{}, "dots or blanks"},
		{"a file where a folder is", named("good"), archive.Limits{}, "both as a file and as a folder"},
		{"a file as a folder", named("good/1/x"), archive.Limits{}, "both as a file and as a folder"},
		{"symlink", zipped(rawEntry{name: "link", content: "/etc/passwd", mode: 0o120777}), archive.Limits{}, "symbolic link"},
		{"device", zipped(rawEntry{name: "dev", mode: 0o060644}), archive.Limits{}, "device"},
		{"symlink in an ASi field", zipped(rawEntry{name: "link", content: "x", extra: "\x6e\x75\x0e\x00\x00\x00\x00\x00\xff\xa1\x00\x00\x00\x00\x00\x00\x00\x00"}), archive.Limits{}, "symbolic link"},
		{"encrypted", zipped(rawEntry{name: "secret", content: "x", flags: 1}), archive.Limits{}, "encrypted"},
		{"strongly encrypted", zipped(rawEntry{name: "secret", content: "x", flags: 1 << 6}), archive.Limits{}, "encrypted"},
		{"bzip2", zipped(rawEntry{name: "b", content: "x", method: ptr(uint16(12))}), archive.Limits{}, "method 12 (bzip2)"},
		{"a method that differs in front", zipped(rawEntry{name: "b", content: "x", method: ptr(uint16(8))}), archive.Limits{}, "method"},
		{"a name that differs in front", zipped(rawEntry{name: "b.dcm", localName: "b.exe", content: "x"}), archive.Limits{}, "one name"},
		{"a size that differs in front", zipped(rawEntry{name: "b", content: "xyz", localUnpacked: ptr(uint32(2))}), archive.Limits{}, "size or checksum"},
		{"a descriptor that lies", zipped(rawEntry{name: "b", content: "x", flags: 8, descriptor: "PK\x07\x08" + strings.Repeat("\x01", 12)}), archive.Limits{}, "behind its content"},
		{"a second name in a Unicode field", zipped(rawEntry{name: "b", content: "x", extra: "\x75\x70\x09\x00\x01\xf9\xef\xbe\x71evil"}), archive.Limits{}, "two different names"},
		{"stored with two sizes", zipped(rawEntry{name: "b", content: "xyz", unpacked: ptr(uint32(2))}), archive.Limits{}, "two sizes"},
		{"a folder with content", zipped(rawEntry{name: "b/", content: "x"}), archive.Limits{}, "folder"},
		{"an entry ratio over 1,032", zipped(rawEntry{name: "b", content: noise(100), deflate: true, unpacked: ptr(uint32(1 << 20))}), archive.Limits{}, "limit is 1032:1"},
		{"an entry over the file limit", zipped(rawEntry{name: "b", content: "hello"}), archive.Limits{FileBytes: 4}, "limit for a file is 4 bytes"},
		{"tar: absolute", tarred(tarFile("/etc/passwd", "x")), archive.Limits{}, "absolute"},
		{"tar: out of the archive", tarred(tarFile("../x", "x")), archive.Limits{}, ".."},
		{"tar: duplicate", tarred(tarFile("./good/1", "x")), archive.Limits{}, "more than once"},
		{"tar: duplicate by composition", madeTar(t, tarFile("good/1", "one"), tarFile("good/2", "two"), tarFile("good/\u00e9", "x"), tarFile("good/e\u0301", "x")), archive.Limits{}, "composed"},
		{"tar: symlink", special(tar.TypeSymlink), archive.Limits{}, "symbolic link"},
		{"tar: hard link", special(tar.TypeLink), archive.Limits{}, "hard link"},
		{"tar: device", special(tar.TypeChar), archive.Limits{}, "device"},
		{"tar: pipe", special(tar.TypeFifo), archive.Limits{}, "device"},
		{"tar: over the file limit", tarred(tarFile("b", "hello")), archive.Limits{FileBytes: 4}, "limit for a file is 4 bytes"},
		{"tar.gz: symlink", gzipped(special(tar.TypeSymlink)), archive.Limits{}, "symbolic link"},
		{"tar.zst: out of the archive", zstandard(tarred(tarFile("../x", "x"))), archive.Limits{}, ".."},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			files, err := open(tt.bytes, tt.lim)
			if err != nil {
				t.Fatalf("Open: %v", err)
			}
			defer files.Close()
			refused := files.Refused()
			if len(refused) != 1 || refused[0].Index == 0 || !strings.Contains(refused[0].Reason, tt.says) {
				t.Fatalf("refused %v, want one entry with %q", refused, tt.says)
			}
			if err := readAll(files); err != nil {
				t.Errorf("reading the others: %v", err)
			}
			for name, want := range map[string]string{"good/1": "one", "good/2": "two"} {
				if got, err := fs.ReadFile(files, name); err != nil || string(got) != want {
					t.Errorf("ReadFile(%q) = %q, %v, want %q", name, got, err, want)
				}
			}
		})
	}
}

func TestReadingRefusesContentThatIsNotAsStated(t *testing.T) {
	text := strings.Repeat("some text ", 100)
	short, long := ptr(uint32(999)), ptr(uint32(1001))
	tests := []struct {
		name  string
		entry rawEntry
		says  string
	}{
		{"more than stated", rawEntry{content: text, deflate: true, unpacked: short}, "goes on after"},
		{"less than stated", rawEntry{content: text, deflate: true, unpacked: long}, "ends after 1000 bytes"},
		{"a wrong checksum, deflated", rawEntry{content: text, deflate: true, crc: ptr(uint32(1))}, "checksum"},
		{"a wrong checksum, stored", rawEntry{content: text, crc: ptr(uint32(1))}, "checksum"},
		{"bytes behind the packed content", rawEntry{content: text, deflate: true, packed: ptr(uint32(len(deflated(text)) + 4)), gap: "evil"}, "behind the packed content"},
		{"no deflate stream", rawEntry{content: "\xff\xff\xff\xff\xff", method: ptr(uint16(8))}, ""},
		{"an empty file with content", rawEntry{content: text, deflate: true, unpacked: ptr(uint32(0))}, "goes on after"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.entry.name = "a"
			files, err := open(rawZip{entries: []rawEntry{tt.entry}}.bytes(), archive.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			var refusal *archive.Refusal
			if len(files.Refused()) > 0 { // the method differs in front
				return
			}
			_, err = fs.ReadFile(files, "a")
			if !errors.As(err, &refusal) || !strings.Contains(refusal.Reason, tt.says) {
				t.Errorf("Read: %v, want a refusal with %q", err, tt.says)
			}
			f, err := files.Open("a")
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			refusal = nil
			if _, err = f.(io.ReaderAt).ReadAt(make([]byte, 1), 0); !errors.As(err, &refusal) || !strings.Contains(refusal.Reason, tt.says) {
				t.Errorf("ReadAt: %v, want a refusal with %q", err, tt.says)
			}
		})
	}
}

func TestRefusalMasksTheName(t *testing.T) {
	b := rawZip{entries: []rawEntry{{name: "../Doe_Jane_19620409.dcm", content: "x"}}}.bytes()
	files, err := open(b, archive.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	got := files.Refused()[0].Error()
	want := "Entry 1 (../AAA_AAAA_99999999.AAA): The name contains \"..\", which leads out of the archive."
	if got != want {
		t.Errorf("refused with %q, want %q", got, want)
	}
	found := files.Refused()[0].Finding("set.zip")
	if found.Rule != "archive-entry-refused" || found.Path != "archive entry 1" || strings.Contains(found.Message+found.Shape, "Doe") {
		t.Errorf("Finding = %+v", found)
	}
}

func TestCommentsAreKeptForTheAudit(t *testing.T) {
	b := rawZip{comment: "for Jane", entries: []rawEntry{{name: "a", content: "x", comment: "left knee"}}}.bytes()
	files, err := open(b, archive.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	want := []archive.Text{{Where: "archive comment", Value: "for Jane"}, {Where: "comment of entry 1", Value: "left knee"}}
	if diff := cmp.Diff(want, files.Texts()); diff != "" {
		t.Errorf("Texts (-want +got):\n%s", diff)
	}
}

func TestNamesInOldCharacterSetsAreRead(t *testing.T) {
	b := rawZip{entries: []rawEntry{{name: "B\x81cher.txt", content: "x"}, {name: "plain é.txt", content: "y"}}}.bytes()
	files, err := open(b, archive.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"Bücher.txt", "plain é.txt"}, files.Files()); diff != "" {
		t.Errorf("Files (-want +got):\n%s", diff)
	}
}

func TestMemoryScratchCountsWhatItHolds(t *testing.T) {
	m := &archive.Memory{Limit: 2 << 20}
	f, err := m.Create()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteAt(make([]byte, 2<<20), 0); err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteAt([]byte{1}, 2<<20); !errors.Is(err, archive.ErrScratchFull) {
		t.Errorf("WriteAt past the limit: %v, want ErrScratchFull", err)
	}
	f.Close()
	g, _ := m.Create()
	if _, err := g.WriteAt([]byte{1}, 0); err != nil {
		t.Errorf("WriteAt after Close: %v", err)
	}
}
