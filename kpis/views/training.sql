-- One row is a rep in training.
SELECT
  t.id, t.rep AS owner,
  1 AS trainings,
  t.hours, t.cost,
  t.on_day
FROM training AS t
