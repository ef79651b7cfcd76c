-- Accounts and leads of which all deals and activities are needed.
SELECT id FROM affected_waiting
UNION
SELECT id FROM affected_relationship
