"""Changes that somebody with a console makes behind privlink's back, one function each, by service.

A change returns what a drift check has to show of it: the address, what is found there now, and what the spec wants. The last
two are texts that stand somewhere in the two values; empty where there is no value.
"""
