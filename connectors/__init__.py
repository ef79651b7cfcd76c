"""The outside world: where rows come from and where tabs are written."""
