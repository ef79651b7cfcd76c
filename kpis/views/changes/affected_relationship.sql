-- Accounts and leads whose relationship may have changed: their own row, an activity with them or with a deal that was
-- theirs or is, a deal that came to them or left them, or their owner came or went; and accounts without a creation
-- date, where the data now begins on another day.
WITH gone_deal AS (
  SELECT id, account FROM old.opportunity WHERE id IN (SELECT id FROM changed.opportunity)
  EXCEPT
  SELECT id, account FROM new.opportunity WHERE id IN (SELECT id FROM changed.opportunity)
), come_deal AS (
  SELECT id, account FROM new.opportunity WHERE id IN (SELECT id FROM changed.opportunity)
  EXCEPT
  SELECT id, account FROM old.opportunity WHERE id IN (SELECT id FROM changed.opportunity)
)
SELECT account AS id FROM gone_deal WHERE account IS NOT NULL
UNION
SELECT account AS id FROM come_deal WHERE account IS NOT NULL
UNION
SELECT account AS id FROM old.opportunity
WHERE id IN (SELECT opportunity FROM moved_activity WHERE opportunity IS NOT NULL) AND account IS NOT NULL
UNION
SELECT account AS id FROM new.opportunity
WHERE id IN (SELECT opportunity FROM moved_activity WHERE opportunity IS NOT NULL) AND account IS NOT NULL
UNION
SELECT account AS id FROM moved_activity WHERE account IS NOT NULL
UNION
SELECT id FROM changed.account
UNION
SELECT id FROM new.account WHERE owner IN (SELECT id FROM moved_rep)
UNION
SELECT id FROM new.account WHERE :old_first_day <> :new_first_day AND created_at_day IS NULL
UNION
SELECT id FROM affected_lead
