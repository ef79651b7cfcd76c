-- One row is a campaign.
SELECT
  t.id, t.id AS campaign, t.channel,
  1 AS campaigns,
  t.cost, t.baseline,
  t.started_on_day AS started_day,
  t.ended_on_day AS ended_day
FROM campaign AS t
