// Package iod holds DICOM instances against the object definition of their
// SOP Class: the attributes that its mandatory modules require.
//
// Source: DICOM PS3.3.
package iod
