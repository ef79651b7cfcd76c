-- Products that came or went: what named them belonged to none, or does now.
SELECT id FROM old.product WHERE NOT id IN (SELECT id FROM new.product)
UNION
SELECT id FROM new.product WHERE NOT id IN (SELECT id FROM old.product)
