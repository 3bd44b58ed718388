-- Forgets answers that were saved and not decided on.
DROP TABLE verification_answer;
