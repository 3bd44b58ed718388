DROP TABLE notice_event;
