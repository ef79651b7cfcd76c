-- One row is an answer to a survey.
SELECT
  t.id, t.rep AS owner, COALESCE(a.market, n.market) AS market,
  COALESCE(a.id, n.id, t.account) AS account, t.kind,
  1 AS responses,
  t.score,
  t.on_day
FROM survey_response AS t
LEFT JOIN account AS a ON a.id = t.account
LEFT JOIN account_name AS n ON n.name = LOWER(TRIM(t.account))
