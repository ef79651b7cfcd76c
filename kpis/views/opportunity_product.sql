-- One row is a product in a deal, or what the lines of a deal leave over of it, without a product.
-- The remainder counts as a deal only where the deal has no product at all. A millionth is the noise of binary
-- fractions, no remainder.
WITH product_sum AS (
  SELECT
    opportunity,
    product,
    CAST(SUM(TRY_CAST(COALESCE(total, quantity * unit_price) AS DECIMAL(29, 12))) AS DOUBLE) AS amount,
    CAST(SUM(CASE WHEN list_price IS NOT NULL
      THEN TRY_CAST(COALESCE(total, quantity * unit_price) AS DECIMAL(29, 12)) END) AS DOUBLE) AS line_value,
    CAST(SUM(TRY_CAST(list_price * COALESCE(quantity, 1) AS DECIMAL(29, 12))) AS DOUBLE) AS list_value,
    CAST(SUM(TRY_CAST(COALESCE(quantity, 1) AS DECIMAL(29, 12))) AS DOUBLE) AS units
  FROM opportunity_line
  WHERE product IS NOT NULL
  GROUP BY opportunity, product
), deal_sum AS (
  SELECT
    opportunity,
    CAST(SUM(TRY_CAST(amount AS DECIMAL(29, 12))) AS DOUBLE) AS amount,
    CAST(SUM(TRY_CAST(line_value AS DECIMAL(29, 12))) AS DOUBLE) AS line_value,
    CAST(SUM(TRY_CAST(list_value AS DECIMAL(29, 12))) AS DOUBLE) AS list_value,
    CAST(SUM(TRY_CAST(units AS DECIMAL(29, 12))) AS DOUBLE) AS units
  FROM product_sum
  GROUP BY opportunity
)
SELECT
  f.id, f.owner, f.market, f.source, f.kind, f.channel, f.campaign, p.product,
  f.account, f.stage, f.forecast_category, f.loss_reason, f.competitor, f.is_closed, f.is_won, f.is_first_win,
  f.has_call_before_close, f.has_email_before_close,
  1 AS deals,
  f.probability,
  p.amount,
  p.amount * f.probability / 100e0 AS weighted_amount,
  p.line_value,
  p.list_value,
  p.units,
  f.cycle_days,
  f.created_day, f.close_day, f.exit_day
FROM fact_opportunity AS f
JOIN product_sum AS p ON p.opportunity = f.id
UNION ALL
SELECT
  f.id, f.owner, f.market, f.source, f.kind, f.channel, f.campaign, NULL AS product,
  f.account, f.stage, f.forecast_category, f.loss_reason, f.competitor, f.is_closed, f.is_won, f.is_first_win,
  f.has_call_before_close, f.has_email_before_close,
  CASE WHEN d.opportunity IS NULL THEN 1 ELSE 0 END AS deals,
  f.probability,
  f.amount - COALESCE(d.amount, 0) AS amount,
  (f.amount - COALESCE(d.amount, 0)) * f.probability / 100e0 AS weighted_amount,
  f.line_value - COALESCE(d.line_value, 0) AS line_value,
  f.list_value - COALESCE(d.list_value, 0) AS list_value,
  f.units - COALESCE(d.units, 0) AS units,
  CASE WHEN d.opportunity IS NULL THEN f.cycle_days END AS cycle_days,
  f.created_day, f.close_day, f.exit_day
FROM fact_opportunity AS f
LEFT JOIN deal_sum AS d ON d.opportunity = f.id
WHERE d.opportunity IS NULL
  OR ABS(f.amount - COALESCE(d.amount, 0)) >= 0.000001
  OR ABS(f.line_value - COALESCE(d.line_value, 0)) >= 0.000001
  OR ABS(f.list_value - COALESCE(d.list_value, 0)) >= 0.000001
  OR ABS(f.units - COALESCE(d.units, 0)) >= 0.000001
