-- One row is a day of the market and the owners.
SELECT
  t.id,
  1 AS stats,
  t.market_sales, t.largest_competitor_sales, t.net_income, t.equity,
  t.on_day
FROM market_stat AS t
