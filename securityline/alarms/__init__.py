"""Alarms as they come in: what each protocol says, in one set of words."""
