-- Leads whose row in the fact may have changed: their own row, their deal, a deal of their account, their account,
-- an activity with them, or their owner came or went.
WITH touched AS (
  SELECT id AS account FROM changed.account
  UNION
  SELECT account FROM old.opportunity WHERE id IN (SELECT id FROM changed.opportunity) AND account IS NOT NULL
  UNION
  SELECT account FROM new.opportunity WHERE id IN (SELECT id FROM changed.opportunity) AND account IS NOT NULL
)
SELECT id FROM changed.lead
UNION
SELECT lead AS id FROM moved_activity WHERE lead IS NOT NULL
UNION
SELECT id FROM new.lead WHERE opportunity IN (SELECT id FROM changed.opportunity)
UNION
SELECT id FROM new.lead WHERE account IN (SELECT account FROM touched)
UNION
SELECT id FROM new.lead WHERE owner IN (SELECT id FROM moved_rep)
