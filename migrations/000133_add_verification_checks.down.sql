-- Takes checklists, people who may sign and proofs of domains away.
DROP TABLE verification_gap, verification_check, signer, domain_proof;
DROP FUNCTION domain_proof_holds();
