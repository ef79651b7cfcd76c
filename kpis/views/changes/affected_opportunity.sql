-- Deals whose row in the fact may have changed: their own row, their lines, their account, an activity with them,
-- their owner or product came or went, today moved past their close; and won deals of the same account, of which
-- another may now be the first.
WITH direct AS (
  SELECT id FROM changed.opportunity
  UNION
  SELECT opportunity AS id FROM old.opportunity_line WHERE id IN (SELECT id FROM changed.opportunity_line)
  UNION
  SELECT opportunity AS id FROM new.opportunity_line WHERE id IN (SELECT id FROM changed.opportunity_line)
  UNION
  SELECT opportunity AS id FROM new.opportunity_line WHERE product IN (SELECT id FROM moved_product)
  UNION
  SELECT opportunity AS id FROM moved_activity WHERE opportunity IS NOT NULL
  UNION
  SELECT id FROM new.opportunity WHERE account IN (SELECT id FROM changed.account)
  UNION
  SELECT id FROM new.opportunity WHERE owner IN (SELECT id FROM moved_rep)
  UNION
  SELECT id FROM new.opportunity
  WHERE :old_today <> :new_today AND close_date_day > LEAST(:old_today, :new_today)
    AND (is_closed OR created_at_day IS NULL)
), touched AS (
  SELECT account FROM old.opportunity WHERE id IN (SELECT id FROM direct) AND account IS NOT NULL
  UNION
  SELECT account FROM new.opportunity WHERE id IN (SELECT id FROM direct) AND account IS NOT NULL
)
SELECT id FROM direct
UNION
SELECT id FROM new.opportunity WHERE is_won AND account IN (SELECT account FROM touched)
