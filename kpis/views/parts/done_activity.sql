-- One row is an activity that took place. Of what does not say so (a calendar's event), it is what lies in the past.
SELECT id, kind, account, opportunity, lead, occurred_at, occurred_at_day AS day
FROM activity
WHERE occurred_at_day IS NOT NULL AND COALESCE(is_done, occurred_at_day <= :today)
