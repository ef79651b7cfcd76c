-- One row is a name that one account alone has: people type names where a row should hold an id.
SELECT LOWER(TRIM(name)) AS name, MIN(id) AS id, MIN(owner) AS owner, MIN(market) AS market
FROM account
WHERE name IS NOT NULL
GROUP BY LOWER(TRIM(name))
HAVING COUNT(*) = 1
