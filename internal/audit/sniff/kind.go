package sniff

// Kind is what a file is, by its content.
type Kind string

// Kinds of file.
const (
	Empty   Kind = "empty"   // no byte at all
	Unknown Kind = "unknown" // none of the below

	DICOM    Kind = "dicom" // with or without the preamble of PS3.10
	NIfTI    Kind = "nifti"
	NIfTIGz  Kind = "nifti-gz" // a NIfTI file within gzip
	Analyze  Kind = "analyze"  // ANALYZE 7.5, the header before NIfTI
	NRRD     Kind = "nrrd"
	MHA      Kind = "mha" // MetaImage header, with or without the pixels
	HDF5     Kind = "hdf5"
	NumPy    Kind = "numpy"
	Parquet  Kind = "parquet"
	Database Kind = "database" // SQLite

	PNG   Kind = "png"
	JPEG  Kind = "jpeg"
	JP2   Kind = "jp2" // JPEG 2000, boxed or bare
	GIF   Kind = "gif"
	BMP   Kind = "bmp"
	WebP  Kind = "webp"
	TIFF  Kind = "tiff"
	SVS   Kind = "svs"      // Aperio whole-slide image
	NDPI  Kind = "ndpi"     // Hamamatsu whole-slide image
	OME   Kind = "ome-tiff" // TIFF with OME-XML
	Video Kind = "video"
	Audio Kind = "audio"

	Zip      Kind = "zip"
	Tar      Kind = "tar"
	TarGz    Kind = "tar-gz" // a tar within gzip
	Gzip     Kind = "gzip"   // any other content within gzip
	Zstd     Kind = "zstd"   // any content within Zstandard
	Bzip2    Kind = "bzip2"
	XZ       Kind = "xz"
	SevenZip Kind = "7z"
	RAR      Kind = "rar"

	PDF    Kind = "pdf"
	DOCX   Kind = "docx"
	XLSX   Kind = "xlsx"
	PPTX   Kind = "pptx"
	ODF    Kind = "odf" // OpenDocument of any sort
	Office Kind = "ole" // the binary documents of Office before 2007
	RTF    Kind = "rtf"

	CSV   Kind = "csv" // separated by comma or semicolon
	TSV   Kind = "tsv"
	JSON  Kind = "json"
	JSONL Kind = "jsonl"
	XML   Kind = "xml"
	HTML  Kind = "html"
	HL7   Kind = "hl7" // HL7 version 2 messages
	Text  Kind = "text"

	STL Kind = "stl" // a surface, as text or bytes
	OBJ Kind = "obj" // a surface of Wavefront
	MTL Kind = "mtl" // its materials

	Executable Kind = "executable" // a program or a script with a #! line
)

// Archive reports whether k holds other files and is opaque inside a
// submission. NIfTIGz is not one: it is a compressed image.
func (k Kind) Archive() bool {
	switch k {
	case Zip, Tar, TarGz, Gzip, Zstd, Bzip2, XZ, SevenZip, RAR:
		return true
	}
	return false
}

// Image reports whether k is a raster image that is not DICOM and not a volume.
func (k Kind) Image() bool {
	switch k {
	case PNG, JPEG, JP2, GIF, BMP, WebP, TIFF, SVS, NDPI, OME:
		return true
	}
	return false
}

// WholeSlide reports whether k is a whole-slide image.
func (k Kind) WholeSlide() bool { return k == SVS || k == NDPI || k == OME }

// Volume reports whether k is an image volume with a header of its own.
func (k Kind) Volume() bool {
	switch k {
	case NIfTI, NIfTIGz, Analyze, NRRD, MHA:
		return true
	}
	return false
}

// Textual reports whether k is made of characters.
func (k Kind) Textual() bool {
	switch k {
	case CSV, TSV, JSON, JSONL, XML, HTML, HL7, Text, RTF:
		return true
	}
	return false
}

// Document reports whether k is a document with text inside a container.
func (k Kind) Document() bool {
	switch k {
	case PDF, DOCX, XLSX, PPTX, ODF, Office:
		return true
	}
	return false
}

// Mesh reports whether k is a surface or belongs to one.
func (k Kind) Mesh() bool { return k == STL || k == OBJ || k == MTL }
