-- Accounts whose times of waiting may have changed: their own row, a deal of theirs, an activity with them, or their
-- owner came or went. A deal that an activity moved is affected itself.
SELECT account AS id FROM old.opportunity WHERE id IN (SELECT id FROM affected_opportunity) AND account IS NOT NULL
UNION
SELECT account AS id FROM new.opportunity WHERE id IN (SELECT id FROM affected_opportunity) AND account IS NOT NULL
UNION
SELECT account AS id FROM moved_activity WHERE account IS NOT NULL
UNION
SELECT id FROM changed.account
UNION
SELECT id FROM new.account WHERE owner IN (SELECT id FROM moved_rep)
