package audit_test

func init() {
	for id, pointer := range map[string]string{
		"png_masks-01": "", "png_masks-02": "", "png_masks-03": "",
		"nnunet-01": "", "nnunet-02": "voxel 0,0,0", "nnunet-04": "/file_ending", "nnunet-05": "voxel 3,3,2", "nnunet-06": "",
		"msd-01": "", "msd-02": "",
		"brats-00": "", "brats-01": "voxel 0,0,0", "brats-02": "affine",
	} {
		madeSaid[id] = pointer
	}
	madeElsewhere["nnunet-01"] = "Ashby_000_0000.nii.gz"
	madeElsewhere["brats-00"] = "BraTS-SYN-00004-000-t1n.nii.gz"
}
