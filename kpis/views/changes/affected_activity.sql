-- Activities whose row in the fact may have changed: their own row, their account, today moved past them, or their
-- owner came or went.
SELECT id FROM moved_activity
UNION
SELECT id FROM new.activity WHERE account IN (SELECT id FROM changed.account)
UNION
SELECT id FROM new.activity WHERE owner IN (SELECT id FROM moved_rep)
