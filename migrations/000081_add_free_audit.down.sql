DROP TABLE free_audit;
