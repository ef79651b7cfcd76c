-- One row is a call, email, meeting, demo or proposal. Of what does not say whether it was done (a calendar's event),
-- it is done if it lies in the past; what does not say that it came in went out.
SELECT
  x.id, x.owner, a.market,
  x.account, x.opportunity, x.lead, x.kind,
  COALESCE(x.is_done, x.occurred_at_day <= :today) AS is_done,
  x.is_connected,
  COALESCE(x.is_outbound, TRUE) AS is_outbound,
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
