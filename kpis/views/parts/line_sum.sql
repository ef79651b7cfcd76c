-- One row is a deal with lines: what they add up to.
-- line_value and list_value both leave out lines without a list price, so that they compare like with like.
SELECT
  opportunity,
  CAST(SUM(TRY_CAST(COALESCE(total, quantity * unit_price) AS DECIMAL(29, 12))) AS DOUBLE) AS total,
  CAST(SUM(CASE WHEN list_price IS NOT NULL
    THEN TRY_CAST(COALESCE(total, quantity * unit_price) AS DECIMAL(29, 12)) END) AS DOUBLE) AS line_value,
  CAST(SUM(TRY_CAST(list_price * COALESCE(quantity, 1) AS DECIMAL(29, 12))) AS DOUBLE) AS list_value,
  CAST(SUM(TRY_CAST(COALESCE(quantity, 1) AS DECIMAL(29, 12))) AS DOUBLE) AS units
FROM opportunity_line
GROUP BY opportunity
