// Package pixel looks at what images show: whether pixel data can be decoded,
// which images may carry text or a face, and where in a frame letters may
// stand.
//
// It decodes what Go can decode (native, RLE, baseline JPEG, common raster
// images) and says of the rest that it needs a decoder. It does not read
// letters itself: it renders the frames in which some may stand as Rasters,
// and Judge turns the words that a reader of text found into findings. Who
// runs decoder and reader is decided by package audit (see audit.Tools).
package pixel
