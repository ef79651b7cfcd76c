-- One row is a deal.
-- A deal without a creation date counts as created on its close date, or today if that comes first: it must be in
-- some day's stock. Its cycle stays unknown. A deal closed before it was created leaves the stock as it enters it.
-- A call or email of the close day counts as one before the close.
WITH win AS (
  SELECT
    id,
    ROW_NUMBER() OVER (
      PARTITION BY account
      ORDER BY close_date_day ASC NULLS LAST, created_at ASC NULLS LAST, id ASC NULLS LAST
    ) AS place
  FROM opportunity
  WHERE is_won AND account IS NOT NULL
), contact AS (
  SELECT
    opportunity,
    MIN(CASE WHEN kind = 'call' THEN day END) AS call_day,
    MIN(CASE WHEN kind = 'email' THEN day END) AS email_day
  FROM done_activity
  WHERE opportunity IS NOT NULL AND kind IN ('call', 'email')
  GROUP BY opportunity
)
SELECT
  o.id, o.owner, a.market, o.source, o.kind, o.channel, o.campaign,
  o.account, o.stage, o.forecast_category, o.loss_reason, o.competitor, o.is_closed, o.is_won,
  w.id IS NOT NULL AS is_first_win,
  COALESCE(x.call_day <= o.close_date_day, FALSE) AS has_call_before_close,
  COALESCE(x.email_day <= o.close_date_day, FALSE) AS has_email_before_close,
  1 AS deals,
  o.probability,
  COALESCE(o.amount, l.total) AS amount,
  COALESCE(o.amount, l.total) * o.probability / 100e0 AS weighted_amount,
  l.line_value,
  l.list_value,
  l.units,
  o.close_date_day - o.created_at_day AS cycle_days,
  COALESCE(o.created_at_day, LEAST(o.close_date_day, :today)) AS created_day,
  o.close_date_day AS close_day,
  CASE WHEN o.is_closed
    THEN GREATEST(
      LEAST(o.close_date_day, :today), COALESCE(o.created_at_day, LEAST(o.close_date_day, :today))
    ) END AS exit_day
FROM opportunity AS o
LEFT JOIN account AS a ON a.id = o.account
LEFT JOIN line_sum AS l ON l.opportunity = o.id
LEFT JOIN win AS w ON w.id = o.id AND w.place = 1
LEFT JOIN contact AS x ON x.opportunity = o.id
