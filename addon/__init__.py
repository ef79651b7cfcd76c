"""What people touch, and what ties the rest together: commands, web, cards, tabs, store, refresh, schedule."""
