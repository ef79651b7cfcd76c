-- One row is a deal that came to an open stage for the first time, or jumped over it on its way to a later one.
-- It passed the stage if it was ever in a later one after that, or won; that it was lost is no way forward. Stages
-- without a position cannot be put in order; events of the same instant happened in the order of their ids.
WITH step AS (
  SELECT
    name,
    MAX(CASE WHEN is_won THEN 2 WHEN is_closed THEN 1 ELSE 0 END) AS outcome,
    MAX(CASE WHEN is_won THEN 1000000000 ELSE position END) AS place
  FROM stage
  GROUP BY name
), move AS (
  SELECT
    e.opportunity, s.name, s.outcome, s.place, e.at_day AS day,
    LAG(s.place) OVER (PARTITION BY e.opportunity ORDER BY e.at ASC NULLS LAST, e.id ASC NULLS LAST) AS place_before,
    MAX(s.place) OVER (
      PARTITION BY e.opportunity
      ORDER BY e.at ASC NULLS LAST, e.id ASC NULLS LAST
      ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING
    ) AS best_after
  FROM opportunity_event AS e
  JOIN step AS s ON s.name = e.stage
  WHERE s.outcome <> 1 AND s.place IS NOT NULL AND e.at_day IS NOT NULL
), entry AS (
  SELECT opportunity, name, place, day, best_after FROM move WHERE outcome = 0
  UNION ALL
  SELECT m.opportunity, s.name, s.place, m.day, m.place AS best_after
  FROM move AS m
  JOIN step AS s ON s.place > m.place_before AND s.place < m.place
  WHERE s.outcome = 0
), first_entry AS (
  SELECT opportunity, name, MIN(day) AS entered_day, COALESCE(MAX(best_after) > MAX(place), FALSE) AS is_passed
  FROM entry
  GROUP BY opportunity, name
)
SELECT
  o.id, o.owner, a.market, o.source, o.kind, o.channel, o.campaign, e.name AS stage,
  o.id AS opportunity, o.account, e.is_passed,
  1 AS entries,
  e.entered_day
FROM first_entry AS e
JOIN opportunity AS o ON o.id = e.opportunity
LEFT JOIN account AS a ON a.id = o.account
