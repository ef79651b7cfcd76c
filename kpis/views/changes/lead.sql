-- Leads whose row in the fact may have changed: their own row, their deal, a deal of their account, their account,
-- an activity with them, or their owner came or went.
WITH moved_rep AS (
  SELECT id FROM old.rep WHERE NOT id IN (SELECT id FROM new.rep)
  UNION
  SELECT id FROM new.rep WHERE NOT id IN (SELECT id FROM old.rep)
), touched AS (
  SELECT id AS account FROM changed.account
  UNION
  SELECT account FROM old.opportunity WHERE id IN (SELECT id FROM changed.opportunity) AND account IS NOT NULL
  UNION
  SELECT account FROM new.opportunity WHERE id IN (SELECT id FROM changed.opportunity) AND account IS NOT NULL
)
SELECT id FROM changed.lead
UNION
SELECT id FROM new.lead
WHERE opportunity IN (SELECT id FROM changed.opportunity) OR account IN (SELECT account FROM touched)
  OR owner IN (SELECT id FROM moved_rep)
UNION
SELECT lead AS id FROM old.activity WHERE lead IS NOT NULL AND id IN (SELECT id FROM changed.activity)
UNION
SELECT lead AS id FROM new.activity WHERE lead IS NOT NULL AND id IN (SELECT id FROM changed.activity)
