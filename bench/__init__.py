"""Measurements of the whole site; none of them belongs to the product."""
