DROP TABLE announcement;
DROP TABLE server_error;
DROP TABLE answer_count;
