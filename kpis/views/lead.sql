-- One row is a lead. It became a customer if its deal is won, or if its account won any deal after it was created.
-- A contact before the lead was recorded was an answer at once: zero hours, not a negative time.
WITH first_activity AS (
  SELECT lead, MIN(occurred_at) AS first_at
  FROM done_activity
  WHERE kind IN ('call', 'email', 'meeting') AND lead IS NOT NULL
  GROUP BY lead
), customer AS (
  SELECT account, MAX(close_date_day) AS last_day
  FROM opportunity
  WHERE is_won AND account IS NOT NULL
  GROUP BY account
)
SELECT
  l.id, l.owner, a.market, l.source, g.channel, l.campaign,
  l.account, l.status,
  l.opportunity IS NOT NULL AS became_opportunity,
  COALESCE(o.is_won, FALSE) OR COALESCE(c.last_day >= l.created_at_day, FALSE) AS became_customer,
  COALESCE(l.first_contacted_at, x.first_at) IS NOT NULL AS is_contacted,
  1 AS leads,
  CASE
    WHEN COALESCE(l.first_contacted_at, x.first_at) >= l.created_at
      THEN __HOURS(COALESCE(l.first_contacted_at, x.first_at), l.created_at)
    WHEN COALESCE(l.first_contacted_at, x.first_at) < l.created_at THEN 0e0
  END AS response_hours,
  l.created_at_day AS created_day,
  l.mql_at_day AS mql_day,
  l.sql_at_day AS sql_day,
  l.converted_at_day AS converted_day
FROM lead AS l
LEFT JOIN account AS a ON a.id = l.account
LEFT JOIN campaign AS g ON g.id = l.campaign
LEFT JOIN opportunity AS o ON o.id = l.opportunity
LEFT JOIN customer AS c ON c.account = l.account
LEFT JOIN first_activity AS x ON x.lead = l.id
