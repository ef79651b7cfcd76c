-- One row is a campaign, with the won amount of its days so far, and of as many days before it unless a baseline is
-- given; of a running campaign, a given baseline counts by the share of its days that have come. Without a baseline,
-- a campaign that began before there were as many days of data has none.
WITH won_day AS (
  SELECT close_day AS day, SUM(TRY_CAST(amount AS DECIMAL(29, 12))) AS amount
  FROM won_deal
  WHERE amount IS NOT NULL
  GROUP BY close_day
), run AS (
  SELECT id, started_on_day AS first_day, LEAST(COALESCE(ended_on_day, :today), :today) AS last_day
  FROM campaign
  WHERE started_on_day IS NOT NULL
), sold AS (
  SELECT
    r.id,
    CAST(SUM(CASE WHEN d.day >= r.first_day THEN d.amount END) AS DOUBLE) AS during,
    CAST(SUM(CASE WHEN d.day < r.first_day THEN d.amount END) AS DOUBLE) AS before
  FROM run AS r
  JOIN won_day AS d ON d.day BETWEEN 2 * r.first_day - r.last_day - 1 AND r.last_day
  GROUP BY r.id
)
SELECT
  t.id, t.id AS campaign, t.channel,
  1 AS campaigns,
  t.cost,
  CASE WHEN r.last_day >= r.first_day THEN COALESCE(s.during, 0e0) END AS campaign_sales,
  CASE
    WHEN r.last_day < r.first_day THEN NULL
    WHEN t.baseline IS NOT NULL
      THEN t.baseline * (r.last_day - r.first_day + 1) / (COALESCE(t.ended_on_day, r.last_day) - r.first_day + 1)
    WHEN 2 * r.first_day - r.last_day - 1 >= :first_day THEN COALESCE(s.before, 0e0)
  END AS baseline_sales,
  t.started_on_day AS started_day,
  t.ended_on_day AS ended_day
FROM campaign AS t
LEFT JOIN run AS r ON r.id = t.id
LEFT JOIN sold AS s ON s.id = t.id
