"""What streaming costs: `make bench`.

Answers come from a provider of deltas whose texts carry the clock's reading (`upstream`), through what is measured
(`targets`), to readers (`readers`), each a process of its own: provider and readers on one processor, what is measured
on another. `measuring` puts them together, `report` tells what came of it.
"""
