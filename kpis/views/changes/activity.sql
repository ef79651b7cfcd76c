-- Activities whose row in the fact may have changed: their own row, their account, or their owner came or went.
WITH moved_rep AS (
  SELECT id FROM old.rep WHERE NOT id IN (SELECT id FROM new.rep)
  UNION
  SELECT id FROM new.rep WHERE NOT id IN (SELECT id FROM old.rep)
)
SELECT id FROM changed.activity
UNION
SELECT id FROM new.activity
WHERE account IN (SELECT id FROM changed.account) OR owner IN (SELECT id FROM moved_rep)
