-- One row is a won deal, with what it brought: its amount, else what its lines add up to.
SELECT o.id, o.account, o.close_date_day AS close_day, COALESCE(o.amount, l.total) AS amount
FROM opportunity AS o
LEFT JOIN line_sum AS l ON l.opportunity = o.id
WHERE o.is_won
