"""What hangs on what: paths, what falls when something goes, what ends when, who carries how much, who answers to whom.

One SELECT brings every dependence of a small graph; those of a large store are looked up in its
snapshot as they are met. The walks are the same, and are done here, without networkx.
"""
