package annotation

import (
	"assay/internal/audit/deid"
	"assay/internal/audit/score"
)

// Hash is the keyed hash of an identifier.
type Hash = deid.Hash

// Format is a format of label files, or of what describes a set.
type Format string

// Formats.
const (
	COCOInstances Format = "coco-instances"
	COCOKeypoints Format = "coco-keypoints"
	COCOPanoptic  Format = "coco-panoptic"
	COCOCaptions  Format = "coco-captions"
	COCOImageInfo Format = "coco-image-info"
	COCOLabels    Format = "coco-labels"
	COCOResults   Format = "coco-results"
	YOLO          Format = "yolo" // detect until the set tells which task
	YOLODetect    Format = "yolo-detect"
	YOLOSegment   Format = "yolo-segment"
	YOLOPose      Format = "yolo-pose"
	YOLOOBB       Format = "yolo-obb"
	Darknet       Format = "darknet"
	VOC           Format = "pascal-voc"
	VOCImageSet   Format = "voc-imageset"
	LabelMeJSON   Format = "labelme-json"
	LabelMeXML    Format = "labelme-xml"
	CVATImages    Format = "cvat-images"
	CVATVideo     Format = "cvat-video"
	LabelStudio   Format = "label-studio"
	CheXpert      Format = "chexpert-csv"
	ChestXray14   Format = "chestxray14-csv"
	RSNA          Format = "rsna-csv"
	RunTable      Format = "rle-csv" // masks as run lengths
	Table         Format = "table"
	JSONL         Format = "jsonl"
	Records       Format = "json-records" // an array of objects without parts
	ImageList     Format = "image-list"   // names of images, one a line
	Raster        Format = "picture"      // an image file that is no label by itself
	PNGMask       Format = "png-mask"
	NIfTI         Format = "nifti"
	NRRD          Format = "nrrd"
	MHA           Format = "mha"
	NNUNet        Format = "nnunet-v2"
	NNUNet1       Format = "nnunet-v1"
	MSD           Format = "msd"
	BraTS         Format = "brats"
	DICOMImage    Format = "dicom-image"
	DICOMSEG      Format = "dicom-seg"
	RTSTRUCT      Format = "rtstruct"
	SRTID1500     Format = "dicom-sr-tid1500"
	SROther       Format = "dicom-sr"
	LIDC          Format = "lidc-xml"
	Croissant     Format = "croissant"
)

// Formats are all formats, in the order of their families.
var Formats = []Format{
	COCOInstances, COCOKeypoints, COCOPanoptic, COCOCaptions, COCOImageInfo, COCOLabels, COCOResults,
	YOLO, YOLODetect, YOLOSegment, YOLOPose, YOLOOBB, Darknet,
	VOC, VOCImageSet, LabelMeJSON, LabelMeXML, CVATImages, CVATVideo, LabelStudio,
	CheXpert, ChestXray14, RSNA, Table, JSONL, ImageList,
	PNGMask, NIfTI, NRRD, MHA, NNUNet, NNUNet1, MSD, BraTS,
	DICOMImage, DICOMSEG, RTSTRUCT, SRTID1500, SROther, LIDC, Croissant,
}

// Split is the part of a set that an image is meant for.
type Split string

// Splits; a fold of cross-validation is none of them.
const (
	NoSplit    Split = ""
	Train      Split = "train"
	Validation Split = "val"
	Test       Split = "test"
)

// Match is a format that a file may be in.
type Match struct {
	Format     Format
	Confidence float64 // above 0, at most 1
}

// Facts are what one file tells of images and labels. They cross the fence,
// so they are plain and bounded by Limits. Names of images and classes are as
// the file writes them and may identify a person: they stay in the parent, and
// a report masks them.
type Facts struct {
	Formats []Match    // by confidence; the first is the one that was read, more than one if they tie
	Book    score.Book // what is wrong with the file itself

	Classes []Class
	Readers []Hash // people or models that labeled
	Images  []Image
	Labels  []Label
	Blanks  []Blank // readings that found nothing
	Packed  *Packed // instead of Images and Labels, after Pack
	Shapes  []Shape // outlines that several readers drew, to be compared
	At      Pointers
	Beyond  int // records that the limits kept out

	// What only some formats have; nil otherwise.
	List     *List     // names, one a line
	Rows     *Rows     // YOLO: rows of numbers
	Config   *Config   // a description of the set: data.yaml, dataset.json, croissant.json, obj.data
	Picture  *Picture  // an image file of pixels
	Volume   *Volume   // an image volume
	Object   *Object   // a DICOM instance that refers to others
	Panoptic *Panoptic // of COCO
	Quality  *Quality  // of the pixels of an image, if they were looked at
	Columns  []Column  // of a table, or keys of records
	Records  int       // of a table, or of a file of records
	Repeats  int       // records whose key was there before, if a column is one
	People   []Person  // that a table without images describes
}

// Column is what a column of a table holds.
type Column struct {
	Name   string // as pointers say it
	Holds  string // "empty", "integer", "number", "boolean", "date", "path", "category", "text", "object", "list" or "mixed"
	Filled int    // values that are there
	Blank  int    // values that are not: nothing, or a word for it
	Zero   int    // values that are the number 0

	Distinct int // different values, -1 if there are more than MaxDistinct

	// Of a column of numbers that are not of a person, time or thing: the
	// smallest and largest, to three digits; NaN otherwise.
	Min, Max float64
}

// MaxDistinct is up to how many different values of a column are counted.
const MaxDistinct = 1000

// Person is a patient whom a table describes apart from images.
type Person struct {
	Patient  Hash
	Sex      byte
	AgeYears float32 // NaN unknown
	Split    Split
	Place    int32
}

// Class is a class that a file declares or uses.
type Class struct {
	Name     string
	Declared bool  // by the file, in a list of classes; otherwise found in use
	ID       int64 // the number under which the file declares it
	Ordinal  bool  // its values are ratings in order

	// Of labels given for a whole image, those that a file leaves blank: the
	// class is not mentioned. They are not among the Labels.
	Blank int
}

// Image is an image that a file lists or labels, by whatever name it uses.
type Image struct {
	Name                 string // relative path, file name or stem; empty if SOP or Series names it
	SOP, Series          Hash   // of DICOM
	Width, Height, Depth int32  // declared; 0 unknown
	Channels             int32  // declared, of a picture; 0 unknown
	Patient              Hash   // of the patient key that the file itself gives; zero if none
	Split                Split
	Sex                  byte    // 'M', 'F', 'O' (another word), 0 unknown
	Empty                bool    // explicitly without any label: a negative
	Listed               bool    // the file says that the image exists
	AgeYears             float32 // NaN unknown; as the table says, impossible ones too
	Place                int32   // completes Facts.At
	Tracks               int32   // labels of other images that reach into this frame
}

// Pointers are patterns of pointers into the file, each with at most one %d
// for the Place of an Image or Label; empty if the file has no such place.
type Pointers struct {
	Image, Width, Height, Channels, Patient, Split, Age, Label string

	places []string // of images by their Place, where no pattern fits; set by Join
}

// Kind says what a label is.
type Kind byte

// Kinds.
const (
	WholeImage Kind = iota // a finding of the image
	Box
	Polygon
	Mask
	Keypoints
	Point
	Line
	Measurement
)

// State is what a label says of its class.
type State byte

// States.
const (
	Positive State = iota
	Negative
	Uncertain
)

// Origin says who or what made a label.
type Origin byte

// Origins.
const (
	UnknownOrigin Origin = iota
	Human
	Model
	SemiAutomatic
	Report // drawn from a report by software
)

// Label is one label: a class said of an image, or of a place in it.
type Label struct {
	Image  int32 // index into Images
	Class  int32 // index into Classes, -1 for none
	Reader int32 // index into Readers, -1 unknown
	Unit   int32 // number of the thing labeled, equal for readers of one thing; -1 unknown
	Shape  int32 // index into Shapes, -1 for none
	Place  int32 // completes Facts.At.Label

	Kind   Kind
	State  State
	Origin Origin

	Box   [4]float32 // x and y of the upper left corner, width, height, in pixels; zero for a whole image
	Value float32    // of a rating; NaN without
}

// Blank is a reading that found nothing: it has no label, and readers agree or
// disagree by it all the same.
type Blank struct {
	Image  int32 // index into Images; of a Set into its Items
	Reader int32 // index into Readers; of a Set the number of the reader
}

// Shape is an outline or mask, for comparison between readers.
type Shape struct {
	Points []float32 // x, y, x, y, … in pixels; a polygon
	Runs   []uint32  // run lengths over Width x Height, column by column, the first of zeros; a mask
	Width  int32
	Height int32

	// Depth is above 1 for a mask of a volume: its runs go along x first, so
	// Height is the number of voxels along x and Width that along y. StepMM is
	// the distance of voxels along x, y and z; zero if it is unknown.
	Depth  int32
	StepMM [3]float32
}

// List is a list of names of images, one a line, as a split is written.
type List struct {
	Names []string
	Lines []int32 // of each name, from 1
	Split Split   // that the name of the list tells
}

// Rows are the rows of a YOLO label file.
type Rows struct {
	Rows []Row
}

// Row is one line: a class and numbers.
type Row struct {
	Line     int32
	Columns  int32 // fields of the line
	Class    int32 // -1 if the first field is no integer, less if it is a negative one
	Values   []float32
	Wrong    bool // a field after the first is no number
	Repeated bool // equal to a line before
}

// Config is what a description of a set says.
type Config struct {
	Names        map[int64]string  // classes by number
	NamesFile    string            // that holds them, of Darknet
	Count        int64             // of classes, as it claims; -1 without
	Root         string            // folder from which Splits start, if it says so
	Splits       []SplitPath       // in the order of the file
	Keypoints    [2]int32          // kpt_shape
	Images       []ImagePair       // that it lists
	Channels     map[string]string // of nnU-Net
	FileEnding   string
	Training     int64 // cases it claims for training; -1 without
	Test         int64 // -1 without
	Regions      bool  // labels are regions
	RegionsOrder []int64
	Digests      map[string]string // SHA-256 by path that it claims
	Pointer      map[string]string // where in the file a key stands
}

// SplitPath is a folder of images, or a list of them, that is one part of a
// set.
type SplitPath struct {
	Split   Split
	Path    string
	Pointer string
}

// ImagePair is an image with its label file.
type ImagePair struct {
	Image, Label string
	Split        Split
}

// Picture is what the pixels of an image file tell.
type Picture struct {
	Width, Height int32
	Depth         int32 // channels
	Bits          int32 // of a sample
	Indexed       bool  // has a color map

	// Values are the different values of the pixels with their counts, in
	// ascending order; of a color image R+256G+65536B. Nil if there are more
	// than MaxValues, or nobody looked.
	Values []Value
	Runs   []ValueShape // of each value but 0, if the path tells a reader
}

// MaxValues is how many different values of an image are counted.
const MaxValues = 4096

// Value is how often a value occurs.
type Value struct {
	Value int64
	Count int64
}

// Volume is what the header and voxels of an image volume tell.
type Volume struct {
	Dims      []int64
	SpacingMM [3]float64
	Affine    [3][4]float64
	HasAffine bool
	Integer   bool // every voxel is a whole number, within 1e-6
	Read      bool // the voxels were read
	Truncated bool
	NaN       int64
	NaNAt     [3]int64 // x, y, z of the first NaN
	PartAt    [3]int64 // x, y, z of the first voxel that is no whole number
	Values    []Value  // of voxels that are whole numbers; nil if many are not, there are more than MaxValues, or nobody looked
	Firsts    []int64  // of each of Values, the index of its first voxel, x fastest
	Parts     []Value  // of each value but 0, the number of connected components; nil if there are too many
	Min, Max  float64
	Runs      []ValueShape // of each value but 0, if the path tells a reader
}

// Object is what a DICOM object that labels others says of them, besides its
// Images, which are the instances it refers to.
type Object struct {
	Places  []string // pointers to each of Images, by their Place
	Frame   Hash     // FrameOfReferenceUID, zero if there is none, or several
	FrameAt string   // pointer to it
	Masks   []MaskSize
	Planes  []Plane
}

// MaskSize is how large a mask is, of a label.
type MaskSize struct {
	Label  int32 // index into Labels
	Voxels int64
	ML     float64 // milliliters, 0 if the size of a voxel is unknown
}

// Plane is where a contour lies.
type Plane struct {
	Image        int32      // index into Images, -1 if it names none
	ROI, Contour int32      // items of ROIContourSequence and of its ContourSequence, from 0
	Position     [3]float64 // of its first point, in millimeters
}

// Panoptic are the pictures of segments that a COCO file describes.
type Panoptic struct {
	Pictures []SegmentPicture
}

// SegmentPicture is a picture whose pixels are numbers of segments.
type SegmentPicture struct {
	Name     string
	Place    int32 // of the annotation
	Segments []Segment
}

// Segment is a segment as the file lists it.
type Segment struct {
	ID   int64 // R + 256 G + 65536 B; -1 unknown
	Area int64 // pixels; -1 unknown
}

// Quality is what the pixels of an image say of themselves.
type Quality struct {
	Looked       bool    // the pixels were looked at; otherwise the header alone
	BitsStored   int32   // 0 unknown
	BitsUsed     float32 // log2(max-min+1)
	Constant     bool
	ClippedLow   float32 // share of pixels at the smallest value, 0 if that is padding
	ClippedHigh  float32
	NotFinite    int64 // NaN and infinite samples
	Photometric  string
	Lossy        bool
	Digest       [16]byte // of the decoded pixels with their size; zero if blank or small
	Hash         uint64   // perceptual, of 64 bits; 0 if there is none
	Thumb        []byte   // 32 x 32, gray; nil if there is none
	RowMM, ColMM float32
	ThicknessMM  float32
}
