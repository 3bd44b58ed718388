package fence

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	"image/draw"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	scaling "golang.org/x/image/draw"
	"golang.org/x/image/font"
	"golang.org/x/image/font/basicfont"
	"golang.org/x/image/math/fixed"
	"golang.org/x/sys/unix"

	"assay/internal/audit"
	"assay/internal/audit/dicom/dicomtest"
	"assay/internal/audit/pixel"
)

// programEnv makes the test binary an external program that tries what its
// value says.
const programEnv = "ASSAY_FENCE_TEST_PROGRAM"

// program does what it should not be able to do; the code is 0 if it could.
func program(order string) int {
	var err error
	switch order {
	case "open a socket":
		_, err = unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
	case "open a unix socket":
		_, err = unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	case "ask io_uring":
		_, _, errno := syscall.RawSyscall(unix.SYS_IO_URING_SETUP, 1, 0, 0)
		if errno != 0 {
			err = errno
		}
	case "fork":
		_, _, errno := syscall.RawSyscall(unix.SYS_CLONE, uintptr(unix.SIGCHLD), 0, 0)
		if errno != 0 {
			err = errno
		}
	case "kill the parent":
		err = unix.Kill(os.Getppid(), unix.SIGTERM)
	case "signal a thread of the parent":
		err = unix.Tgkill(os.Getppid(), os.Getppid(), unix.SIGTERM)
	case "make a temporary file":
		var f *os.File
		if f, err = os.CreateTemp("/tmp", "assay-fence-*"); err == nil {
			os.Remove(f.Name())
		}
	case "be root":
		if os.Geteuid() != 0 {
			err = errors.New("not root")
		}
	case "spin":
		for {
			spins++
		}
	case "sleep":
		time.Sleep(time.Hour)
	case "crash":
		runtime.LockOSThread()
		_ = unix.Tgkill(os.Getpid(), unix.Gettid(), unix.SIGKILL)
		time.Sleep(time.Hour)
	case "write a large file":
		f := os.NewFile(3, "space")
		for err == nil {
			_, err = f.Write(make([]byte, 1<<20))
		}
	case "talk":
		for err == nil {
			_, err = os.Stdout.Write(make([]byte, 1<<16))
		}
	case "work":
		var again *os.File
		if again, err = os.OpenFile("/proc/self/fd/3", os.O_RDWR, 0); err == nil {
			_, err = again.WriteString("done")
		}
	default:
		return 99
	}
	if err != nil {
		return 1
	}
	return 0
}

// testTools run the test binary, copied to where any user may run it.
func testTools(t *testing.T) (*Tools, string) {
	t.Helper()
	folder := t.TempDir()
	for d := folder; d != os.TempDir() && len(d) > 1; d = filepath.Dir(d) {
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(folder, "program")
	if err := os.WriteFile(path, data, 0o755); err != nil {
		t.Fatal(err)
	}
	return realTools(t), path
}

func realTools(t *testing.T) *Tools {
	t.Helper()
	tools, err := NewTools(ToolsConfig{Env: []string{childEnv + "=1"}, Scratch: t.TempDir(), Processes: 2})
	if err != nil {
		t.Fatal(err)
	}
	return tools
}

func TestProgramIsFenced(t *testing.T) {
	tools, path := testTools(t)
	space, err := tools.space()
	if err != nil {
		t.Fatal(err)
	}
	defer space.Close()
	tests := []struct {
		order string
		want  string
	}{
		{"work", "ok"},
		{"open a socket", "exit"},
		{"open a unix socket", "exit"},
		{"ask io_uring", "exit"},
		{"fork", "exit"},
		{"kill the parent", "exit"},
		{"signal a thread of the parent", "exit"},
		{"make a temporary file", "exit"},
		{"be root", "exit"},
		{"crash", "killed"},
		{"spin", "time"},
		{"write a large file", "exit"},
		{"talk", "broken pipe"},
	}
	for _, tt := range tests {
		t.Run(tt.order, func(t *testing.T) {
			err := tools.run(t.Context(), toolRun{
				path: path, env: []string{programEnv + "=" + tt.order}, files: []*os.File{space},
				cpu: time.Second, fsize: 4 << 20, stdout: &bounded{limit: 1 << 20},
			})
			if got := endText(tt.order, err); !strings.EqualFold(got, tt.want) {
				t.Errorf("a program that tries to %s ended as %q, want %q", tt.order, got, tt.want)
			}
		})
	}
}

func endText(order string, err error) string {
	var end *toolEnd
	switch {
	case err == nil:
		return "ok"
	case !errors.As(err, &end):
		return err.Error()
	case end.unstarted:
		return "unstarted"
	case end.wall, end.signal == syscall.SIGXCPU, end.signal == syscall.SIGKILL && order == "spin":
		return "time"
	case end.signal != 0:
		return end.signal.String()
	}
	return "exit"
}

func TestProgramEndsWithItsCaller(t *testing.T) {
	tools, path := testTools(t)
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	started := time.Now()
	err := tools.run(ctx, toolRun{path: path, env: []string{programEnv + "=sleep"}, cpu: time.Minute, stdout: io.Discard})
	if !errors.Is(err, context.DeadlineExceeded) || time.Since(started) > 20*time.Second {
		t.Errorf("run = %v after %v, want the end of the context", err, time.Since(started))
	}
}

func TestMissingProgramIsSaid(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	tools := realTools(t)
	for _, p := range tools.Programs() {
		if !p.Missing() {
			t.Errorf("%s is found in an empty folder", p.Name)
		}
	}
	if a := tools.Audit(); a.Decode != nil || a.ReadText != nil {
		t.Error("a missing program is offered to the audit")
	}
}

// banner is a raster that shows text three times its size, in the rough
// letters of a console.
func banner(text string) pixel.Raster {
	const scale, gap = 3, 8
	face := basicfont.Face7x13
	small := image.NewGray(image.Rect(0, 0, len(text)*face.Advance+2*gap, face.Height+2*gap))
	draw.Draw(small, small.Rect, image.NewUniform(color.Gray{Y: 20}), image.Point{}, draw.Src)
	d := font.Drawer{Dst: small, Src: image.NewUniform(color.Gray{Y: 235}), Face: face, Dot: fixed.P(gap, gap+face.Ascent)}
	d.DrawString(text)
	r := pixel.Raster{Width: scale * small.Rect.Dx(), Height: scale * small.Rect.Dy(), Scale: scale}
	large := image.NewGray(image.Rect(0, 0, r.Width, r.Height))
	scaling.CatmullRom.Scale(large, large.Rect, small, small.Rect, draw.Src, nil)
	r.Gray = large.Pix
	return r
}

func reader(t *testing.T) *Tools {
	t.Helper()
	tools := realTools(t)
	if tools.Audit().ReadText == nil {
		t.Skip("tesseract is not installed: text in images was not read")
	}
	return tools
}

func textOf(words []pixel.Word) string {
	var all []string
	for _, w := range words {
		all = append(all, w.Text)
	}
	return strings.Join(all, " ")
}

func TestReaderReadsEachRasterOfManyCallers(t *testing.T) {
	tools := reader(t)
	texts := []string{"HALTER", "KANTOR", "PARKER", "FALKEN", "LAPTOP", "NAUTEL"}
	var callers sync.WaitGroup
	read := make([]string, len(texts))
	for i, text := range texts {
		callers.Go(func() {
			words, err := tools.readText(t.Context(), []pixel.Raster{banner(text), banner("")})
			if err != nil || len(words) != 2 || words[1] == nil {
				t.Errorf("readText(%q) = %v, %v", text, words, err)
				return
			}
			read[i] = textOf(words[0])
		})
	}
	callers.Wait()
	found := 0
	for i, text := range texts {
		for j, other := range texts {
			if i != j && strings.Contains(read[i], other) {
				t.Errorf("the raster of %q was answered with the words of %q", text, other)
			}
		}
		if strings.Contains(read[i], text) {
			found++
		}
	}
	if found < len(texts)-1 {
		t.Errorf("%d of %d texts were read: %q", found, len(texts), read)
	}
}

func TestRasterThatCannotBeReadCostsTheOthersNothing(t *testing.T) {
	tools := reader(t)
	broken := banner("KANTOR")
	broken.Width, broken.Height, broken.Gray = 1, 1<<17, make([]byte, 1<<17) // taller than the reader takes
	words, err := tools.readText(t.Context(), []pixel.Raster{banner("HALTER"), broken, banner("PARKER")})
	var died *audit.DecodeError
	if !errors.As(err, &died) || len(words) != 3 {
		t.Fatalf("readText = %d lists, %v; want 3 and a DecodeError", len(words), err)
	}
	if words[0] == nil || words[1] != nil || words[2] == nil {
		t.Errorf("words of the rasters: %v, want none of the second", words)
	}
}

func TestDecoderWritesNativePixels(t *testing.T) {
	tools := realTools(t)
	decode := tools.Audit().Decode
	if decode == nil {
		t.Skip("gdcmconv is not installed: compressed pixel data were not decoded")
	}
	file := audit.File{Path: "a.dcm"}
	data := rleFile()
	file.Content, file.SizeBytes = bytes.NewReader(data), int64(len(data))
	got, err := decode(t.Context(), file)
	if err != nil {
		t.Fatal(err)
	}
	defer got.Close()
	content := make([]byte, got.Size())
	if _, err := got.ReadAt(content, 0); err != nil && err != io.EOF {
		t.Fatal(err)
	}
	if !bytes.Contains(content, []byte("1.2.840.10008.1.2.1\x00")) {
		t.Error("the decoded file is not in Explicit VR Little Endian")
	}
	if !bytes.HasSuffix(content, bytes.Repeat([]byte{7}, 64)) {
		t.Error("the decoded file does not end in its 64 pixels")
	}
}

func TestDecoderRefusesGarbageAsAFault(t *testing.T) {
	tools := realTools(t)
	decode := tools.Audit().Decode
	if decode == nil {
		t.Skip("gdcmconv is not installed: compressed pixel data were not decoded")
	}
	for name, data := range map[string][]byte{
		"garbage":          bytes.Repeat([]byte("garbage "), 100),
		"nothing":          nil,
		"a file cut short": rleFile()[:400],
	} {
		_, err := decode(t.Context(), audit.File{Content: bytes.NewReader(data), SizeBytes: int64(len(data))})
		var fault *audit.DecodeError
		if !errors.As(err, &fault) {
			t.Errorf("%s: error %v, want a DecodeError", name, err)
		}
	}
}

// rleFile is an image of 8 by 8 pixels, all 7, in RLE Lossless.
func rleFile() []byte {
	file := dicomtest.Build(`
(0002,0010) UI 1.2.840.10008.1.2.5
(0008,0016) UI SecondaryCaptureImageStorage
(0008,0018) UI 1.2.3.4
(0008,0060) CS OT
(0020,000D) UI 1.2.3.5
(0020,000E) UI 1.2.3.6
(0028,0002) US 1
(0028,0004) CS MONOCHROME2
(0028,0010) US 8
(0028,0011) US 8
(0028,0100) US 8
(0028,0101) US 8
(0028,0102) US 7
(0028,0103) US 0
`)
	fragment := make([]byte, 64, 66)
	fragment[0], fragment[4] = 1, 64       // one segment, after this header
	fragment = append(fragment, 257-64, 7) // 64 times 7
	item := []byte{0xFE, 0xFF, 0x00, 0xE0} // Item
	file = append(file, 0xE0, 0x7F, 0x10, 0, 'O', 'B', 0, 0, 0xFF, 0xFF, 0xFF, 0xFF)
	file = append(append(file, item...), 0, 0, 0, 0) // no offsets
	file = append(append(file, item...), byte(len(fragment)), 0, 0, 0)
	file = append(file, fragment...)
	return append(file, 0xFE, 0xFF, 0xDD, 0xE0, 0, 0, 0, 0)
}
