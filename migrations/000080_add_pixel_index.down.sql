DROP TABLE pixel_match;
DROP TABLE pixel_index;
