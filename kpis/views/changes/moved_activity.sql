-- Activities that came, changed or went, and those that today moved past: of what does not say whether it was done,
-- that depends on whether it lies in the past.
SELECT id, account, lead, opportunity FROM old.activity
WHERE id IN (SELECT id FROM changed.activity)
  OR (is_done IS NULL AND occurred_at_day > LEAST(:old_today, :new_today)
    AND occurred_at_day <= GREATEST(:old_today, :new_today))
UNION
SELECT id, account, lead, opportunity FROM new.activity
WHERE id IN (SELECT id FROM changed.activity)
  OR (is_done IS NULL AND occurred_at_day > LEAST(:old_today, :new_today)
    AND occurred_at_day <= GREATEST(:old_today, :new_today))
