-- Reps that came or went: what named them belonged to nobody, or does now.
SELECT id FROM old.rep WHERE NOT id IN (SELECT id FROM new.rep)
UNION
SELECT id FROM new.rep WHERE NOT id IN (SELECT id FROM old.rep)
