package synth

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/suyashkumar/dicom/pkg/tag"
)

// grain is the noise of one slice, independent of the other slices.
func (s *series) grain(i int) *rand.Rand {
	return rand.New(rand.NewPCG(s.Seed, uint64(i)+1))
}

// along goes from -1 at the first slice to 1 at the last one.
func (s *series) along(i int) float64 {
	if s.Slices == 1 {
		return 0
	}
	return 2*float64(i)/float64(s.Slices-1) - 1
}

// tissues are the values of the parts of a thorax.
type tissues struct{ around, body, lung, heart, aorta, bone, canal, nodule float64 }

// thorax draws slice i of a thorax.
func (s *series) thorax(c *canvas, i int, t tissues) {
	z := s.along(i)
	c.ellipse(0, 0.05, 0.86, 0.62, 0, t.around)
	c.ellipse(0, 0.05, 0.82, 0.58, 0, t.body)
	lung := math.Sqrt(max(0, 1-z*z*0.8))
	c.ellipse(-0.4, 0, 0.3*lung, 0.42*lung, -6, t.lung)
	c.ellipse(0.4, 0, 0.3*lung, 0.42*lung, 6, t.lung)
	c.ellipse(0.08, -0.08, 0.24*lung, 0.22*lung, 20, t.heart)
	c.ellipse(-0.02, 0.2, 0.06, 0.06, 0, t.aorta) // with contrast
	c.ellipse(0, 0.43, 0.1, 0.1, 0, t.bone)
	c.ellipse(0, 0.43, 0.05, 0.05, 0, t.canal)
	if nodule := 0.07 * (1 - math.Abs(z-0.1)*4); nodule > 0 {
		c.ellipse(-0.45, -0.12, nodule, nodule, 0, t.nodule)
	}
}

// ct makes a thorax: body, lungs, heart, spine, and a nodule in some slices.
//
// Source: DICOM PS3.3 Section C.8.2.1.
func (s *series) ct(h *header, i int) {
	c := newCanvas(s.Rows, s.Columns, -1000)
	s.thorax(c, i, tissues{around: -100, body: 45, lung: -820, heart: 60, aorta: 180, bone: 380, canal: 120, nodule: 30})
	c.noise(s.grain(i), 14)
	s.burn(c, 1200)

	h.text(tag.ImageType, "ORIGINAL", "PRIMARY", "AXIAL")
	s.slice(h, i, 360/float64(s.Columns), 3)
	h.text(tag.ProtocolName, s.words.protocol)
	h.text(tag.AcquisitionNumber, "1")
	h.decimals(tag.KVP, 120)
	h.text(tag.XRayTubeCurrent, fmt.Sprint(180+s.Seed%60))
	h.text(tag.ExposureTime, "500")
	h.text(tag.Exposure, "90")
	h.decimals(tag.DataCollectionDiameter, 500)
	h.decimals(tag.ReconstructionDiameter, 360)
	h.decimals(tag.GantryDetectorTilt, 0)
	h.text(tag.ConvolutionKernel, "B30f")
	h.text(tag.FilterType, "FLAT")
	h.text(tag.ScanOptions, "SPIRAL")
	h.decimals(tag.RescaleIntercept, -1024)
	h.decimals(tag.RescaleSlope, 1)
	h.text(tag.RescaleType, "HU")
	h.decimals(tag.WindowCenter, 40)
	h.decimals(tag.WindowWidth, 400)
	for j := range c.v {
		c.v[j] += 1024
	}
	h.pixels(s.Rows, s.Columns, 1, 16, 12, false, c.int16s(0, 4095))
}

// mr makes a head: scalp, skull, gray and white matter, ventricles, a lesion.
//
// Source: DICOM PS3.3 Section C.8.3.1.
func (s *series) mr(h *header, i int) {
	z := s.along(i)
	size := math.Sqrt(max(0.1, 1-z*z*0.7))
	c := newCanvas(s.Rows, s.Columns, 0)
	c.ellipse(0, 0, 0.72*size, 0.88*size, 0, 520)
	c.ellipse(0, 0, 0.68*size, 0.84*size, 0, 60)
	c.ellipse(0, 0, 0.62*size, 0.77*size, 0, 430)
	c.ellipse(-0.24*size, 0, 0.3*size, 0.62*size, 4, 340)
	c.ellipse(0.24*size, 0, 0.3*size, 0.62*size, -4, 340)
	if ventricle := 0.28 * (1 - z*z*2); ventricle > 0 {
		c.ellipse(-0.1, -0.02, 0.06*size, ventricle, 12, 900)
		c.ellipse(0.1, -0.02, 0.06*size, ventricle, -12, 900)
	}
	if lesion := 0.12 * (1 - math.Abs(z+0.2)*3); lesion > 0 {
		c.ellipse(0.34, -0.22, lesion, lesion*0.8, 30, 760)
	}
	a, b := newCanvas(s.Rows, s.Columns, 0), newCanvas(s.Rows, s.Columns, 0)
	a.noise(s.grain(i), 12)
	b.noise(s.grain(i+1_000_000), 12)
	for j := range c.v { // Rician, as magnitudes are
		c.v[j] = math.Hypot(c.v[j]+a.v[j], b.v[j])
	}
	s.burn(c, 1400)

	h.text(tag.ImageType, "ORIGINAL", "PRIMARY", "M", "ND")
	s.slice(h, i, 230/float64(s.Columns), 5)
	h.text(tag.ProtocolName, s.words.protocol)
	h.text(tag.ScanningSequence, "SE")
	h.text(tag.SequenceVariant, "SK", "SP")
	h.text(tag.ScanOptions, "PFP")
	h.text(tag.MRAcquisitionType, "2D")
	h.text(tag.AcquisitionNumber, "1")
	h.decimals(tag.RepetitionTime, 4500)
	h.decimals(tag.EchoTime, 92)
	h.text(tag.EchoNumbers, "1")
	h.text(tag.EchoTrainLength, "15")
	h.decimals(tag.FlipAngle, 150)
	h.decimals(tag.MagneticFieldStrength, 3)
	h.decimals(tag.ImagingFrequency, 123.25)
	h.text(tag.ImagedNucleus, "1H")
	h.decimals(tag.NumberOfAverages, 1)
	h.decimals(tag.PercentSampling, 100)
	h.decimals(tag.PercentPhaseFieldOfView, 100)
	h.decimals(tag.PixelBandwidth, 223)
	h.text(tag.TransmitCoilName, "Body")
	h.decimals(tag.WindowCenter, 420)
	h.decimals(tag.WindowWidth, 900)
	h.pixels(s.Rows, s.Columns, 1, 16, 12, false, c.int16s(0, 4095))
}

// us makes a sector of speckle with an organ, a cyst and its enhancement.
//
// Source: DICOM PS3.3 Sections C.8.5.5 and C.8.5.6.
func (s *series) us(h *header, i int) {
	r := s.grain(i)
	sway := 0.1 * math.Sin(float64(i)/3)
	c := newCanvas(s.Rows, s.Columns, 0)
	c.each(func(x, y float64, v *float64) {
		dx, dy := x*0.8, (y+1.05)/2
		depth, angle := math.Hypot(dx, dy), math.Atan2(dx, dy)
		if depth < 0.12 || depth > 0.97 || math.Abs(angle) > 0.62 {
			return
		}
		tissue := 95.0
		if math.Hypot(x-sway, (y+0.1)*0.9) < 0.46 {
			tissue = 70 // the organ
		}
		cyst := math.Hypot(x+0.12-sway, y+0.05)
		switch {
		case cyst < 0.15:
			tissue = 6
		case math.Abs(x+0.12-sway) < 0.13 && y > 0:
			tissue *= 1.5
		case math.Abs(depth-0.3) < 0.012:
			tissue = 190 // a fascia
		}
		speckle := math.Hypot(r.NormFloat64(), r.NormFloat64()) / math.Sqrt2
		*v = tissue * (0.35 + 0.65*speckle) * (1.1 - 0.5*depth)
	})
	bar := min(40, s.Rows/2) // the gray bar
	for row := range bar {
		for column := range 8 {
			c.v[(row+s.Rows/4)*s.Columns+s.Columns-14+column] = 255 * (1 - float64(row)/float64(bar))
		}
	}
	s.burn(c, 255)

	h.text(tag.ImageType, "ORIGINAL", "PRIMARY", "ABDOMINAL", "0001")
	h.text(tag.ProtocolName, s.words.protocol)
	h.text(tag.TransducerType, "CURVED LINEAR")
	h.empty(tag.PatientOrientation)
	region := newHeader()
	region.ints(tag.RegionSpatialFormat, 1)
	region.ints(tag.RegionDataType, 1)
	region.ints(tag.RegionFlags, 0)
	region.ints(tag.RegionLocationMinX0, 10)
	region.ints(tag.RegionLocationMinY0, 4)
	region.ints(tag.RegionLocationMaxX1, s.Columns-20)
	region.ints(tag.RegionLocationMaxY1, s.Rows-4)
	region.ints(tag.PhysicalUnitsXDirection, 3)
	region.ints(tag.PhysicalUnitsYDirection, 3)
	region.set(tag.PhysicalDeltaX, []float64{0.05})
	region.set(tag.PhysicalDeltaY, []float64{0.05})
	h.items(tag.SequenceOfUltrasoundRegions, region)
	h.pixels(s.Rows, s.Columns, 1, 8, 8, false, c.bytes())
}

// dx makes a chest or a hand as a projection.
//
// Source: DICOM PS3.3 Sections C.8.11.1 to C.8.11.7.
func (s *series) dx(h *header, i int) {
	c := newCanvas(s.Rows, s.Columns, 300)
	view, laterality, orientation, region := "PA", "U", [2]string{"L", "F"}, code("51185008", "SCT", "Chest")
	if s.words.part == "HAND" {
		laterality, region = "L", code("85562004", "SCT", "Hand")
		hand(c, s.grain(i))
	} else {
		chest(c)
	}
	c.noise(s.grain(i), 25)
	s.burn(c, 4000)

	h.text(tag.ImageType, "ORIGINAL", "PRIMARY")
	h.text(tag.ProtocolName, s.words.protocol)
	h.text(tag.PresentationIntentType, "FOR PRESENTATION")
	h.text(tag.ImageLaterality, laterality)
	h.text(tag.PatientOrientation, orientation[:]...)
	h.text(tag.ViewPosition, view)
	h.items(tag.AnatomicRegionSequence, region)
	h.items(tag.AcquisitionContextSequence)
	h.decimals(tag.ImagerPixelSpacing, 1.4, 1.4)
	h.text(tag.PositionerType, "COLUMN")
	h.text(tag.DetectorType, "SCINTILLATOR")
	h.decimals(tag.KVP, 125)
	h.text(tag.Exposure, "2")
	h.decimals(tag.DistanceSourceToDetector, 1800)
	h.text(tag.PixelIntensityRelationship, "LOG")
	h.ints(tag.PixelIntensityRelationshipSign, -1)
	h.decimals(tag.RescaleIntercept, 0)
	h.decimals(tag.RescaleSlope, 1)
	h.text(tag.RescaleType, "US")
	h.text(tag.PresentationLUTShape, "IDENTITY")
	h.decimals(tag.WindowCenter, 2048)
	h.decimals(tag.WindowWidth, 4096)
	h.pixels(s.Rows, s.Columns, 1, 16, 12, false, c.int16s(0, 4095))
}

// chest draws soft tissue, lungs, heart, spine and ribs.
func chest(c *canvas) {
	c.ellipse(0, 0.1, 0.85, 1.1, 0, 2200)
	c.ellipse(-0.38, 0, 0.3, 0.62, 5, 1000)
	c.ellipse(0.38, 0, 0.3, 0.62, -5, 1000)
	c.ellipse(0.12, 0.28, 0.3, 0.32, 25, 2500)
	c.each(func(x, y float64, v *float64) {
		if math.Abs(x) < 0.08 {
			*v += 500 // spine
		}
		if rib := math.Mod(y*5+x*x*2.2+10, 1); rib < 0.22 && math.Abs(x) < 0.72 && math.Abs(y) < 0.68 {
			*v += 260
		}
	})
}

// hand draws a palm and five fingers with their bones, a little bigger or
// smaller from one image to the next.
func hand(c *canvas, r *rand.Rand) {
	size := 0.9 + 0.15*r.Float64()
	c.ellipse(0, 0.42, 0.42*size, 0.4*size, 0, 1300)
	c.ellipse(0, 0.9, 0.24*size, 0.4*size, 0, 1300)
	for _, f := range [...]struct{ degrees, length, from float64 }{{-52, 0.62, 0.3}, {-20, 0.95, 0.34}, {-4, 1.05, 0.36}, {11, 0.98, 0.34}, {27, 0.8, 0.32}} {
		sin, cos := math.Sincos(f.degrees * math.Pi / 180)
		at := func(d float64) (x, y float64) { return sin * d * size, 0.45 - cos*d*size }
		x, y := at(f.from + f.length/2)
		c.ellipse(x, y, 0.105*size, f.length/2*size, f.degrees, 1250)
		for bone := range 4 {
			from := f.from*0.4 + float64(bone)*(f.length+f.from*0.6)/4.2
			x, y = at(from + 0.1)
			c.ellipse(x, y, 0.045*size, 0.115*size, f.degrees, 2700)
			c.ellipse(x, y, 0.02*size, 0.09*size, f.degrees, 2200)
		}
	}
	for k := range 8 { // the wrist
		c.ellipse(-0.15+0.1*float64(k%4), 0.62+0.12*float64(k/4), 0.05*size, 0.055*size, 0, 2500)
	}
	c.ellipse(-0.08, 0.95, 0.07*size, 0.16*size, 0, 2700)
	c.ellipse(0.1, 0.95, 0.05*size, 0.16*size, 0, 2700)
}

// sc makes a color map beside a chart, as a workstation saves its screen.
//
// Source: DICOM PS3.3 Sections C.8.6.1 and C.8.6.2.
func (s *series) sc(h *header, i int) {
	z := s.along(i)
	m := newCanvas(s.Rows, s.Columns, 0)
	m.ellipse(-0.45, 0, 0.4, 0.75, 0, 120)
	m.ellipse(-0.58, -0.1, 0.16, 0.4, 6, 70)
	m.ellipse(-0.3, -0.05+0.2*z, 0.14, 0.3, -10, 220)
	m.noise(s.grain(i), 6)
	overlay := newCanvas(s.Rows, s.Columns, 0)
	s.burn(overlay, 255)
	b := make([]byte, 0, 3*len(m.v))
	column := 0
	m.each(func(x, y float64, v *float64) {
		red, green, blue := *v, 255-math.Abs(*v-120)*2, 255-*v
		if *v < 30 {
			red, green, blue = 18, 18, 24
		}
		if x > 0.12 && x < 0.95 { // the chart: two axes and a curve
			curve := 0.6 - 0.9*math.Exp(-math.Pow((x-0.45-0.1*z)*5, 2))
			switch {
			case math.Abs(y-0.7) < 0.012 && y < 0.72, math.Abs(x-0.14) < 0.008 && y > -0.7 && y < 0.7:
				red, green, blue = 200, 200, 200
			case math.Abs(y-curve) < 0.02:
				red, green, blue = 250, 200, 60
			}
		}
		if overlay.v[column] > 0 {
			red, green, blue = 255, 255, 255
		}
		column++
		for _, channel := range [...]float64{red, green, blue} {
			b = append(b, byte(min(max(channel, 0), 255)))
		}
	})
	h.text(tag.ImageType, "DERIVED", "SECONDARY")
	h.text(tag.ConversionType, "WSD")
	h.empty(tag.PatientOrientation)
	h.pixels(s.Rows, s.Columns, 3, 8, 8, false, b)
}
