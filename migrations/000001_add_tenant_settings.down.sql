DROP FUNCTION assay_platform();
DROP FUNCTION assay_organization();
DROP FUNCTION assay_user();
