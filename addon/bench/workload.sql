-- The workload as one would write it by hand: 12 columns for 500 reps, 40 teams, 8 regions and the company in 36 months.
-- Each fact is grouped once by rep and month; teams, regions and the company are added up from there. Quotas of
-- quarters are shared out over the business days of their months, as targets are.
WITH month AS (
  SELECT
    day,
    CAST((year(date) - 2022) * 12 + month(date) - 1 AS SMALLINT) AS month,
    CAST(isodow(date) <= 5 AS INTEGER) AS is_business_day
  FROM (
    SELECT CAST(day AS INTEGER) AS day, DATE '1970-01-01' + CAST(day AS INTEGER) AS date
    FROM range(18993, 18993 + 1096) AS days (day)
  )
), business AS (
  SELECT month, SUM(is_business_day) AS days FROM month GROUP BY month
), closed AS (
  SELECT
    o.owner, m.month,
    COUNT(*) AS closed,
    SUM(o.amount) AS closed_amount,
    COUNT(CASE WHEN o.is_won THEN 1 END) AS won,
    SUM(CASE WHEN o.is_won THEN o.amount END) AS revenue,
    SUM(CASE WHEN o.is_won THEN o.close_date_day - o.created_at_day END) AS cycle_days
  FROM opportunity AS o JOIN month AS m ON m.day = o.close_date_day
  WHERE o.is_closed
  GROUP BY o.owner, m.month
), created AS (
  SELECT o.owner, m.month, COUNT(*) AS created, SUM(o.amount) AS created_amount
  FROM opportunity AS o JOIN month AS m ON m.day = o.created_at_day
  GROUP BY o.owner, m.month
), activities AS (
  SELECT
    a.owner, m.month,
    COUNT(CASE WHEN a.kind = 'call' THEN 1 END) AS calls,
    COUNT(CASE WHEN a.kind = 'meeting' THEN 1 END) AS meetings
  FROM activity AS a JOIN month AS m ON m.day = a.occurred_at_day
  WHERE a.kind IN ('call', 'meeting')
  GROUP BY a.owner, m.month
), quota AS (
  SELECT t.member AS owner, b.month, t.value * b.days / SUM(b.days) OVER (PARTITION BY t.id) AS quota
  FROM target AS t JOIN month AS m ON m.day = t.period_start_day
  JOIN business AS b ON b.month BETWEEN m.month AND m.month + 2
), base AS (
  SELECT
    r.id AS rep, r.team, r.region, b.month,
    COALESCE(c.closed, 0) AS closed, COALESCE(c.closed_amount, 0) AS closed_amount,
    COALESCE(c.won, 0) AS won, COALESCE(c.revenue, 0) AS revenue, COALESCE(c.cycle_days, 0) AS cycle_days,
    COALESCE(n.created, 0) AS created, COALESCE(n.created_amount, 0) AS created_amount,
    COALESCE(a.calls, 0) AS calls, COALESCE(a.meetings, 0) AS meetings, COALESCE(q.quota, 0) AS quota
  FROM rep AS r CROSS JOIN business AS b
  LEFT JOIN closed AS c ON c.owner = r.id AND c.month = b.month
  LEFT JOIN created AS n ON n.owner = r.id AND n.month = b.month
  LEFT JOIN activities AS a ON a.owner = r.id AND a.month = b.month
  LEFT JOIN quota AS q ON q.owner = r.id AND q.month = b.month
), summed AS (
  SELECT
    CAST(GROUPING(rep, team, region) AS TINYINT) AS level, COALESCE(rep, team, region, '') AS member, month,
    SUM(closed) AS closed, SUM(closed_amount) AS closed_amount, SUM(won) AS won, SUM(revenue) AS revenue,
    SUM(cycle_days) AS cycle_days, SUM(created) AS created, SUM(created_amount) AS created_amount,
    SUM(calls) AS calls, SUM(meetings) AS meetings, SUM(quota) AS quota
  FROM base
  GROUP BY GROUPING SETS ((rep, month), (team, month), (region, month), (month))
), median AS (
  SELECT
    CAST(GROUPING(r.id, r.team, r.region) AS TINYINT) AS level, COALESCE(r.id, r.team, r.region, '') AS member,
    m.month, MEDIAN(o.close_date_day - o.created_at_day) AS cycle_median
  FROM opportunity AS o
  JOIN month AS m ON m.day = o.close_date_day
  JOIN rep AS r ON r.id = o.owner
  WHERE o.is_won
  GROUP BY GROUPING SETS ((r.id, m.month), (r.team, m.month), (r.region, m.month), (m.month))
), stocked AS (
  SELECT
    *,
    SUM(created_amount - closed_amount) OVER by_month AS open_amount,
    SUM(created - closed) OVER by_month AS open_deals,
    LAG(revenue, 12) OVER by_month AS revenue_year_ago
  FROM summed
  WINDOW by_month AS (PARTITION BY level, member ORDER BY month)
)
SELECT
  s.revenue AS revenue,
  s.won AS won_opportunities,
  s.won / NULLIF(s.closed, 0) AS win_rate,
  s.revenue / NULLIF(s.won, 0) AS average_deal_size,
  s.cycle_days / NULLIF(s.won, 0) AS sales_cycle_length,
  d.cycle_median AS sales_cycle_median,
  s.open_amount AS bench_open_pipeline,
  s.open_deals * (s.won / NULLIF(s.closed, 0)) * (s.revenue / NULLIF(s.won, 0))
    / NULLIF(s.cycle_days / NULLIF(s.won, 0), 0) AS sales_velocity,
  s.open_amount / NULLIF(s.quota, 0) AS bench_open_coverage,
  s.revenue / NULLIF(s.revenue_year_ago, 0) - 1 AS revenue_growth_yoy,
  s.calls AS calls_made,
  s.meetings / NULLIF(s.won, 0) AS bench_meetings_per_won
FROM stocked AS s
LEFT JOIN median AS d ON d.level = s.level AND d.member = s.member AND d.month = s.month
ORDER BY s.level, s.member, s.month
