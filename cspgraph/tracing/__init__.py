"""What hangs on what: paths, what falls when something goes, what ends when, who carries how much, who answers to whom.

One SELECT brings every dependence; the rest is walked here, without networkx or numpy except
for the single points of failure, which are networkx's.
"""
