-- One row is what a rep is credited of a won deal. Whoever shares in it has that part of its amount; what is left to
-- 100 %, which without shares is all, has its owner. Shares of more than 100 % together are scaled down to it. So
-- the credits of a deal add up to its amount, whatever the shares. A share of 0 % is none.
WITH given AS (
  SELECT
    id, opportunity, rep, percent,
    CAST(SUM(CAST(percent AS DECIMAL(18, 6))) OVER (PARTITION BY opportunity) AS DOUBLE) AS total
  FROM opportunity_split
  WHERE percent > 0
), shared AS (
  SELECT opportunity, CASE WHEN MAX(total) >= 99.995e0 THEN 0e0 ELSE 1e0 - MAX(total) / 100e0 END AS part
  FROM given
  GROUP BY opportunity
), credit AS (
  SELECT id, opportunity, rep, percent / CASE WHEN total >= 99.995e0 THEN total ELSE 100e0 END AS part
  FROM given
  UNION ALL
  SELECT o.id, o.id AS opportunity, o.owner AS rep, COALESCE(s.part, 1e0) AS part
  FROM opportunity AS o
  LEFT JOIN shared AS s ON s.opportunity = o.id
  WHERE COALESCE(s.part, 1e0) > 0
)
SELECT
  c.id, c.rep AS owner, f.market, f.source, f.kind, f.channel, f.campaign, f.account,
  1 AS credits,
  f.amount * c.part AS amount,
  f.close_day
FROM credit AS c
JOIN fact_opportunity AS f ON f.id = c.opportunity
WHERE f.is_won
