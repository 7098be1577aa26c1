"""What hangs on what: paths, what falls when something goes, what ends when, who carries how much, who answers to whom.

One SELECT brings every dependence of a small graph; those of a large one are looked up as they are
met, in the snapshot of a store or by asking its engine. The walks are the same, and are done here, without networkx.
"""
