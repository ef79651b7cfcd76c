-- One row is a call, email, meeting, demo or proposal.
SELECT
  x.id, x.owner, a.market,
  x.account, x.opportunity, x.lead, x.kind, x.is_done, x.is_connected, x.is_outbound,
  x.opened_at IS NOT NULL AS is_opened,
  x.clicked_at IS NOT NULL AS is_clicked,
  x.replied_at IS NOT NULL AS is_replied,
  x.unsubscribed_at IS NOT NULL AS is_unsubscribed,
  1 AS activities,
  x.duration,
  x.occurred_at_day AS occurred_day,
  x.scheduled_at_day AS scheduled_day
FROM activity AS x
LEFT JOIN account AS a ON a.id = x.account
