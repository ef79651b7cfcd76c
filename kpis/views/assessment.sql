-- One row is a supervisor's score.
SELECT
  t.id, t.rep AS owner,
  t.criterion,
  1 AS assessments,
  t.score,
  t.on_day
FROM assessment AS t
