-- One row is a person who sells: who owns a deal or an activity, or has nobody reporting to them.
-- Who was hired on an unknown day was there from the first day of the data. Who is not active and left on an unknown
-- day left on the day of their last record. Who will leave has not left yet; nobody leaves before the day they came.
WITH deal AS (
  SELECT owner, MAX(CASE WHEN is_closed THEN LEAST(close_date_day, :today) ELSE created_at_day END) AS last_day
  FROM opportunity
  WHERE owner IS NOT NULL
  GROUP BY owner
), contact AS (
  SELECT owner, MAX(LEAST(COALESCE(occurred_at_day, scheduled_at_day), :today)) AS last_day
  FROM activity
  WHERE owner IS NOT NULL AND COALESCE(occurred_at_day, scheduled_at_day) IS NOT NULL
  GROUP BY owner
), lead_of_team AS (
  SELECT manager FROM rep WHERE manager IS NOT NULL GROUP BY manager
), stay AS (
  SELECT
    r.id, r.is_active,
    r.hired_on_day IS NOT NULL AS has_hire_date,
    COALESCE(r.hired_on_day, :first_day) AS hired_day,
    COALESCE(
      r.left_on_day,
      CASE WHEN r.is_active = FALSE
        THEN GREATEST(COALESCE(d.last_day, :first_day), COALESCE(c.last_day, :first_day)) END
    ) AS left_day
  FROM rep AS r
  LEFT JOIN deal AS d ON d.owner = r.id
  LEFT JOIN contact AS c ON c.owner = r.id
  LEFT JOIN lead_of_team AS m ON m.manager = r.id
  WHERE d.owner IS NOT NULL OR c.owner IS NOT NULL OR m.manager IS NULL
)
SELECT
  id,
  id AS owner,
  is_active, has_hire_date,
  1 AS reps,
  hired_day,
  CASE WHEN left_day <= :today THEN GREATEST(left_day, hired_day) END AS left_day,
  CASE WHEN left_day <= :today AND has_hire_date THEN GREATEST(left_day, hired_day) - hired_day END AS tenure_days
FROM stay
