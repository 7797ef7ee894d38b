"""What watches the clock for the clients: lines, opening hours, people alone, tasks.

Each watcher is told what happens and what time it is, and answers with events for whoever
feeds the engine: `next_due()` says when to ask again, `due(now)` what has become true.
None of them acts, and none knows a case.
"""
