-- One row is a day of a channel.
SELECT
  t.id, t.channel, t.campaign,
  1 AS stats,
  t.impressions, t.clicks, t.interactions, t.conversions, t.visits, t.likes, t.shares, t.comments, t.mentions,
  t.on_day
FROM marketing_stat AS t
