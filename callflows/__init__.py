"""The rules of handling calls: pure, deterministic, replayable."""
