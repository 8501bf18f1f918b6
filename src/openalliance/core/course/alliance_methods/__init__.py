"""Ways to find ruptures in whole series of ratings: state space, control charts, criteria.

Nothing here is imported by a live update; each module is imported by whoever needs it.
"""
