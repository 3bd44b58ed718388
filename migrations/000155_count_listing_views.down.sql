DROP TABLE listing_view;
