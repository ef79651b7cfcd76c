-- One row is an answer to a survey.
SELECT
  t.id, t.rep AS owner, a.market,
  t.account, t.kind,
  1 AS responses,
  t.score,
  t.on_day
FROM survey_response AS t
LEFT JOIN account AS a ON a.id = t.account
