package audit

import (
	"context"
	"encoding/binary"
	"errors"
	"io"

	"github.com/zeebo/xxh3"

	"assay/internal/audit/archive"
)

// Sketch is a fast digest of the size of an image and of three slices of its
// bytes: equal images have equal ones, and others seldom. Zero is none.
type Sketch [16]byte

const (
	sliceBytes   = 4 << 10   // of each of three slices of a sketch
	confirmBytes = 512 << 20 // of a set that are read to tell whether equal sketches are equal images
)

// sketch takes the sketch of the pixels of a file, or of all its bytes if
// nothing says where the pixels lie.
func (i *inspection) sketch() error {
	if !i.opts.Quick || i.second || i.opts.OnlyPixels || !i.facts.Data {
		return nil
	}
	at, length := int64(0), i.file.SizeBytes
	if in := i.facts.Instance; in != nil {
		if in.Pixels.Length == 0 {
			return nil
		}
		at, length = in.Pixels.Offset, in.Pixels.Length
	}
	var err error
	i.facts.Sketch, err = sketchOf(i.file.Content, at, length)
	return err
}

// sketchOf reads the slices. A file that is shorter than it says has no sketch.
func sketchOf(r io.ReaderAt, at, length int64) (Sketch, error) {
	h := xxh3.New()
	var b [sliceBytes]byte
	binary.LittleEndian.PutUint64(b[:], uint64(length))
	h.Write(b[:8])
	for _, offset := range []int64{0, length/2 - sliceBytes/2, length - sliceBytes} {
		offset = max(0, offset)
		part := b[:min(sliceBytes, length-offset)]
		n, err := r.ReadAt(part, at+offset)
		if n < len(part) {
			if err == nil || errors.Is(err, io.EOF) {
				return Sketch{}, nil
			}
			return Sketch{}, err
		}
		h.Write(part)
	}
	return h.Sum128().Bytes(), nil
}

// quick reports whether bytes are left unread. Those of an archive never are:
// nothing else proves them.
func (a *run) quick() bool {
	_, packed := a.fsys.(*archive.FS)
	return a.opts.Scoring != nil && a.opts.Scoring.Quick && !packed
}

// confirm reads the images whose sketches are equal whole, up to a bound of
// bytes, and gives them their digests.
func (a *run) confirm(ctx context.Context) error {
	groups := map[Sketch][]int{}
	for i := range a.scored.members {
		if s := a.scored.sketches[i]; s != (Sketch{}) {
			groups[s] = append(groups[s], i)
		}
	}
	left := int64(confirmBytes)
	unread := 0
	for i := range a.scored.members {
		list := groups[a.scored.sketches[i]]
		if len(list) < 2 || list[0] != i {
			continue
		}
		for _, m := range list {
			member := &a.scored.members[m]
			if left -= member.SizeBytes; left < 0 {
				unread++
				continue
			}
			d, err := a.digestOfMember(ctx, m)
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err == nil {
				member.Digest = d
			}
		}
	}
	if unread > 0 {
		a.unseen.add(NotChecked{What: "whether images are copies of each other", Why: "Their size and three slices are equal; reading them whole would have taken too long here.", Count: unread})
	}
	return nil
}

// digestOfMember reads an image whole.
func (a *run) digestOfMember(ctx context.Context, m int) ([16]byte, error) {
	f := a.files[a.scored.members[m].Index]
	o, err := a.open(ctx, f)
	if err != nil {
		return [16]byte{}, err
	}
	defer o.close()
	pixels := a.scored.pixels[m]
	if pixels.Length == 0 {
		pixels = PixelRange{Length: o.size}
	}
	s, _, err := digest(ctx, io.NewSectionReader(o.content, pixels.Offset, pixels.Length), pixels.Length, PixelRange{0, pixels.Length, pixels.SampleBytes}, false)
	return s.pixels, err
}
