-- Deals as they were at the end of day :day, from their history. Deals created later are left out.
-- A deal that did not change since is as it is. Of another, stage, amount, probability and close date are those of its
-- last event by then, or of its first if all came later; a column that no event of it has is as it is, and so are all
-- others. A deal without events that closed later was open. Stages that the table of stages does not have are what
-- the deals in them are. A deal belonged to whom it was taken from by its first change of owner after the day.
WITH step AS (
  SELECT name, MAX(CASE WHEN is_closed THEN 1 ELSE 0 END) AS closed, MAX(CASE WHEN is_won THEN 1 ELSE 0 END) AS won
  FROM stage
  WHERE name IS NOT NULL
  GROUP BY name
), like_it AS (
  SELECT stage, MAX(CASE WHEN is_closed THEN 1 ELSE 0 END) AS closed, MAX(CASE WHEN is_won THEN 1 ELSE 0 END) AS won
  FROM opportunity
  WHERE stage IS NOT NULL
  GROUP BY stage
), ranked AS (
  SELECT
    opportunity, stage, amount, probability, close_date, close_date_day, at_day,
    ROW_NUMBER() OVER (
      PARTITION BY opportunity
      ORDER BY
        CASE WHEN at_day <= :day THEN 0 ELSE 1 END ASC,
        CASE WHEN at_day <= :day THEN at END DESC NULLS LAST,
        CASE WHEN at_day <= :day THEN id END DESC NULLS LAST,
        at ASC NULLS LAST, id ASC NULLS LAST
    ) AS place
  FROM opportunity_event
  WHERE at_day IS NOT NULL
    AND (
      stage IS NOT NULL OR amount IS NOT NULL OR probability IS NOT NULL OR close_date IS NOT NULL
      OR owner IS NULL AND owner_before IS NULL
    )
), given AS (
  SELECT
    opportunity, owner_before,
    ROW_NUMBER() OVER (PARTITION BY opportunity ORDER BY at ASC NULLS LAST, id ASC NULLS LAST) AS place
  FROM opportunity_event
  WHERE at_day > :day AND owner_before IS NOT NULL
), known AS (
  SELECT
    opportunity,
    MIN(at_day) AS first_day,
    MAX(at_day) AS last_day,
    MAX(CASE WHEN stage IS NOT NULL THEN 1 ELSE 0 END) AS has_stage,
    MAX(CASE WHEN amount IS NOT NULL THEN 1 ELSE 0 END) AS has_amount,
    MAX(CASE WHEN probability IS NOT NULL THEN 1 ELSE 0 END) AS has_probability,
    MAX(CASE WHEN close_date IS NOT NULL THEN 1 ELSE 0 END) AS has_close_date
  FROM ranked
  GROUP BY opportunity
), state AS (
  SELECT
    o.id, o.name, o.account, o.owner, o.created_at, o.created_at_day,
    k.opportunity IS NOT NULL AND k.last_day > :day AS is_changed,
    k.opportunity IS NULL AND o.is_closed AND o.close_date_day > :day AS is_reopened,
    CASE WHEN k.has_stage = 1 THEN e.stage ELSE o.stage END AS stage,
    CASE WHEN k.has_amount = 1 THEN e.amount ELSE o.amount END AS amount,
    CASE WHEN k.has_probability = 1 THEN e.probability ELSE o.probability END AS probability,
    CASE WHEN k.has_close_date = 1 THEN e.close_date ELSE o.close_date END AS close_date,
    CASE WHEN k.has_close_date = 1 THEN e.close_date_day ELSE o.close_date_day END AS close_date_day
  FROM opportunity AS o
  LEFT JOIN known AS k ON k.opportunity = o.id
  LEFT JOIN ranked AS e ON e.opportunity = o.id AND e.place = 1
  WHERE COALESCE(o.created_at_day, k.first_day, :day) <= :day
), judged AS (
  SELECT
    p.*,
    COALESCE(s.closed, l.closed, 0) = 1 AS was_closed,
    COALESCE(s.won, l.won, 0) = 1 AS was_won
  FROM state AS p
  LEFT JOIN step AS s ON s.name = p.stage
  LEFT JOIN like_it AS l ON l.stage = p.stage
)
SELECT
  o.id, o.name, o.account, COALESCE(g.owner_before, o.owner) AS owner, o.created_at, o.created_at_day,
  CASE WHEN p.is_changed THEN p.close_date ELSE o.close_date END AS close_date,
  CASE WHEN p.is_changed THEN p.close_date_day ELSE o.close_date_day END AS close_date_day,
  CASE WHEN p.is_changed THEN p.stage WHEN p.is_reopened THEN NULL ELSE o.stage END AS stage,
  CASE WHEN p.is_changed THEN p.was_closed WHEN p.is_reopened THEN FALSE ELSE o.is_closed END AS is_closed,
  CASE WHEN p.is_changed THEN p.was_won WHEN p.is_reopened THEN FALSE ELSE o.is_won END AS is_won,
  CASE WHEN p.is_changed THEN p.amount ELSE o.amount END AS amount,
  CASE WHEN p.is_changed THEN NULL ELSE o.amount_original END AS amount_original,
  o.currency,
  CASE WHEN p.is_changed THEN p.probability WHEN p.is_reopened THEN NULL ELSE o.probability END AS probability,
  CASE WHEN p.is_reopened OR p.is_changed AND COALESCE(p.stage <> o.stage, TRUE) THEN NULL
    ELSE o.forecast_category END AS forecast_category,
  o.kind, o.source, o.campaign, o.channel,
  CASE WHEN p.is_reopened OR p.is_changed AND NOT p.was_closed THEN NULL ELSE o.loss_reason END AS loss_reason,
  o.competitor
FROM judged AS p
JOIN opportunity AS o ON o.id = p.id
LEFT JOIN given AS g ON g.opportunity = o.id AND g.place = 1
