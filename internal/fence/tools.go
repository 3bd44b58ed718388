package fence

import (
	"context"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"time"

	"assay/internal/audit"
)

// ToolsConfig says how external programs run. Zero fields take their default.
type ToolsConfig struct {
	// Command starts the child that fences itself in and becomes the program;
	// the default is this program with the argument "audit-child". Env is
	// added to its otherwise empty environment.
	Command []string
	Env     []string

	// Processes is how many programs run at once; default one for each
	// processor.
	Processes int

	// Scratch is the folder for the files of a decoder, which have no name
	// there; default os.TempDir().
	Scratch string
}

// Limits of one external program.
const (
	toolMemory    = 2 << 30 // bytes of address space, at most
	decodeCPU     = 60 * time.Second
	decodeMemory  = 512 << 20 // bytes of address space for a small file
	decodeRatio   = 64        // more for each byte of the file: a length that lies is not believed
	decodeInput   = 512 << 20 // bytes that a decoder is given
	decodeOutput  = 1 << 30   // bytes that it may write
	readCPU       = 20 * time.Second
	readCPURaster = 5 * time.Second // more for each raster of a list
	readOutput    = 16 << 20        // bytes of words
	wallOfCPU     = 10              // a program may wait so many times its processor time
)

// Program is an external program that the audit uses if it is there.
type Program struct {
	Name    string // "tesseract"
	Purpose string // "to read text in images"
	Package string // that holds it in Debian, "tesseract-ocr"
	Path    string // empty if it is missing
	Version string // as it says, "5.3.0"; empty if it is missing
}

// Missing says that the program is not on this machine.
func (p Program) Missing() bool { return p.Path == "" }

// Tools are the external programs of the audit: gdcmconv, which decodes
// compressed pixel data, and tesseract, which reads text in images. Each run
// is a process of its own behind a fence; see the package comment. Tools is
// safe for concurrent use.
type Tools struct {
	config  ToolsConfig
	decoder Program
	reader  Program
	slots   chan struct{} // one for each program at work
	reading queue
}

// NewTools looks the programs up once. It is no error that one is missing.
func NewTools(c ToolsConfig) (*Tools, error) {
	if len(c.Command) == 0 {
		self, err := os.Executable()
		if err != nil {
			return nil, err
		}
		c.Command = []string{self, "audit-child"}
	}
	if c.Processes <= 0 {
		c.Processes = runtime.GOMAXPROCS(0)
	}
	if c.Scratch == "" {
		c.Scratch = os.TempDir()
	}
	t := &Tools{
		config:  c,
		decoder: Program{Name: "gdcmconv", Purpose: "to decode JPEG-LS, JPEG 2000 and lossless JPEG", Package: "libgdcm-tools"},
		reader:  Program{Name: "tesseract", Purpose: "to read text in images", Package: "tesseract-ocr"},
		slots:   make(chan struct{}, c.Processes),
	}
	var finding sync.WaitGroup
	for _, p := range []*Program{&t.decoder, &t.reader} {
		finding.Go(func() { t.find(p) })
	}
	finding.Wait()
	return t, nil
}

// find looks a program up and asks for its version, behind the fence too. A
// program that cannot say its version there cannot work there.
func (t *Tools) find(p *Program) {
	path, err := exec.LookPath(p.Name)
	if err != nil || !toolsRun {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	out := bounded{limit: 4096}
	if err := t.run(ctx, toolRun{path: path, args: []string{"--version"}, stdout: &out, cpu: 10 * time.Second}); err != nil {
		return
	}
	p.Path, p.Version = path, versionIn(string(out.text))
}

// Programs lists the programs and which of them are missing.
func (t *Tools) Programs() []Program { return []Program{t.decoder, t.reader} }

// Audit returns the tools for audit.Options: a missing program is nil.
func (t *Tools) Audit() audit.Tools {
	var a audit.Tools
	if !t.decoder.Missing() {
		a.Decode = t.decode
	}
	if !t.reader.Missing() {
		a.ReadText = t.readText
	}
	return a
}
