"""The commands of `securityline`: one file a family."""
