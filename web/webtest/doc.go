// Package webtest drives a real browser over Assay's pages, for tests.
//
//	b := webtest.Start(t)                   // one Chromium; skips the test without one
//	p := b.Visitor(t, server.URL)           // a person: own cookies, own tab
//	p.Go("/datasets?modality=CT")           // relative to the server
//	p.Fill("q", "lung nodule")              // by field name
//	p.Submit("form[role=search]")           // clicks its button, waits for the page
//	p.WantText("h1", "9 data sets")
//	p.Check()                               // console, outside requests, overflow, axe-core
//	p.CheckViews("datasets")                // the same at 390, 768 and 1440 px, light and dark
//
// A visitor without scripts: b.Visitor(t, url, webtest.NoScript). Every method
// fails its test itself, naming what it looked for. Screenshots go to the
// folder that ASSAY_SCREENSHOTS names; without it none are taken.
//
// Chromium is found in PATH or named by ASSAY_CHROMIUM. axe-core is not in the
// tree: .ci/axe puts it into the user's cache, or ASSAY_AXE names the file.
// Without it Check leaves axe out and says so once in the test's log; with
// ASSAY_AXE=require its absence fails.
package webtest
