"""Imported last by the fork server of `tests.nursery`: what is loaded by now stays, in it and in all its children.

To look for garbage in it again and again would be a quarter of what a child does until it is ready.
"""

import gc

gc.collect()
gc.freeze()
gc.set_threshold(100_000, 20, 20)
