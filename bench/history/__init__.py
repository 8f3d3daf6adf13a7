"""What a site with very much history costs: 100,000 conversations with 1,000,000 messages, made from a seed.

`make bench BENCH=history` makes them in a database of its own, or in an empty one that `DATABASE_URL` names, and
measures the pages of Django admin, a person's list and page, and searches.
"""
