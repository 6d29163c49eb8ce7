"""Judging tables: works on data frames, whoever made them."""
