package fence

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"

	"assay/internal/audit"
)

// decode has gdcmconv write f anew with native pixel data.
func (t *Tools) decode(ctx context.Context, f audit.File) (audit.Decoded, error) {
	if f.SizeBytes > decodeInput {
		return nil, &audit.DecodeError{
			Message:  fmt.Sprintf("The file is larger than the %d MB that the decoder is given.", decodeInput>>20),
			NotTried: true,
		}
	}
	in, err := t.space()
	if err != nil {
		return nil, err
	}
	defer in.Close()
	if _, err := io.Copy(in, io.NewSectionReader(f.Content, 0, f.SizeBytes)); err != nil {
		return nil, fmt.Errorf("copy the content: %w", err)
	}
	out, err := t.space()
	if err != nil {
		return nil, err
	}
	// Through its descriptors the program reaches two files without a name
	// and needs to find no folder of ours.
	err = t.run(ctx, toolRun{
		path:  t.decoder.Path,
		args:  []string{"--raw", "--explicit", "--quiet", "/proc/self/fd/3", "/proc/self/fd/4"},
		files: []*os.File{in, out},
		cpu:   decodeCPU, fsize: decodeOutput, stdout: io.Discard,
		memory: decoderMemory(f.SizeBytes),
	})
	if err == nil {
		if info, statErr := out.Stat(); statErr == nil && info.Size() > 0 {
			return &decoded{out, info.Size()}, nil
		}
		err = &toolEnd{}
	}
	out.Close()
	var end *toolEnd
	if !errors.As(err, &end) {
		return nil, err
	}
	return nil, decodeError(end)
}

// decodeError says in a sentence how the decoder ended.
func decodeError(end *toolEnd) error {
	e := &audit.DecodeError{Died: true}
	switch {
	case end.unstarted:
		return errors.New("the decoder could not be started behind the fence")
	case end.wall, end.signal == syscall.SIGXCPU, end.signal == syscall.SIGKILL:
		e.Message = fmt.Sprintf("The decoder needed more than %v for this file and was stopped.", decodeCPU)
	case end.memory:
		e.Message = "The decoder ran out of memory on this file."
	case end.signal == syscall.SIGXFSZ:
		e.Message = fmt.Sprintf("The decoder wrote more than %d MB for this file and was stopped.", decodeOutput>>20)
	case end.signal != 0:
		e.Message = "The decoder crashed on this file."
	default:
		e.Message, e.Died = "The decoder refused the pixel data.", false
	}
	return e
}

// space returns a file without a name that the program may open through its
// descriptor, as whatever user it runs.
func (t *Tools) space() (*os.File, error) {
	f, err := unnamed(t.config.Scratch)
	if err != nil {
		return nil, err
	}
	if err := f.Chmod(0o666); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// decoded is the output of the decoder.
type decoded struct {
	*os.File
	size int64
}

func (d *decoded) Size() int64 { return d.size }

// Descriptor returns the file, so that a fenced child reads it where it lies.
func (d *decoded) Descriptor() *os.File { return d.File }

// decoderMemory returns how much address space the decoder gets for a file of
// size bytes.
func decoderMemory(size int64) int64 { return min(toolMemory, decodeMemory+decodeRatio*size) }
