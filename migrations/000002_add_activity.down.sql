DROP TABLE activity_head;
DROP TABLE activity_chain;
DROP TABLE activity CASCADE;
DROP FUNCTION activity_refuse_change();
DROP FUNCTION activity_extend_chain();
