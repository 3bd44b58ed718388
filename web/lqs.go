package web

import (
	"net/http"
	"strconv"

	"assay/internal/account"
	"assay/internal/audit"
	"assay/web/page"
	"assay/web/static"
	"assay/web/ui"
)

// browserPolicy is the policy of the page that audits in the browser: it may
// compile the audit and start its workers besides.
const browserPolicy = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; style-src 'self'; img-src 'self' data:; " +
	"font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// browserFiles is how many files the audit in the browser takes.
const browserFiles = 200_000

// showLQS is the page of the free audit.
func (s *Server) showLQS(w http.ResponseWriter, r *http.Request) error {
	w.Header().Set("Content-Security-Policy", browserPolicy)
	shell := s.formShell(r, "Free data set quality audit", "lqs")
	shell.NoIndex = false
	shell.Description = "Annotation completeness, format compliance and class distribution of a medical data set, audited in the browser: no account, nothing leaves your machine."
	shell.Styles, shell.Scripts = reportStyles(), []string{static.URL("lqs.js")}
	return s.render(w, r, http.StatusOK, page.LQS(page.LQSView{
		Shell: shell, Local: localAudit(), Samples: s.sampleViews(), Formats: lqsFormats, Send: s.sendView(shell.CSRF), ListURL: s.listFactsURL(r),
	}))
}

// listFactsURL takes a report's figures into a draft, for those who may sell.
func (s *Server) listFactsURL(r *http.Request) string {
	if !s.may(r, account.Editor) {
		return ""
	}
	return "/seller/listings/from-quality"
}

// localAudit is the audit for the browser, if this build has it.
func localAudit() page.LQSLocal {
	if !static.Has("wasm/lqs.wasm") || !static.Has("wasm/wasm_exec.js") {
		return page.LQSLocal{}
	}
	return page.LQSLocal{
		Wasm: static.URL("wasm/lqs.wasm"), Exec: static.URL("wasm/wasm_exec.js"), Worker: static.URL("lqs_worker.js"),
		Files: browserFiles,
		Limits: []ui.Pair{
			{Term: "Files", Value: strconv.Itoa(browserFiles)},
			{Term: "One file", Value: audit.FormatBytes(audit.DefaultLimits().FileBytes)},
			{Term: "A volume, unpacked", Value: "1 GiB"},
			{Term: "An archive", Value: "2 GiB; entries that are compressed are unpacked in memory"},
			{Term: "Not done in a browser", Value: "Reading text in images; decoding JPEG 2000, JPEG-LS and lossless JPEG; confirming DICOM headers with a second reader"},
		},
	}
}

// lqsFormats are the formats that the audit reads, for people.
var lqsFormats = []string{
	"COCO: instances, keypoints, panoptic", "YOLO: detect, segment, pose, oriented boxes; Darknet", "Pascal VOC", "LabelMe", "CVAT for images and video",
	"Label Studio", "CheXpert, ChestX-ray14 and RSNA tables", "any CSV, TSV or JSON Lines", "PNG masks", "NIfTI, NRRD, MetaImage",
	"nnU-Net, Medical Segmentation Decathlon, BraTS", "DICOM images", "DICOM SEG", "RT Structure Set", "DICOM SR, TID 1500", "LIDC-IDRI XML", "Croissant",
}
