"""Python's own hash as what copies are looked for by: the same in all workers of a run, and in the next.

It is so where PYTHONHASHSEED is the same; `_run.json` holds FINGERPRINT, so that no run goes on under a
Python that hashes otherwise.
"""

import sys

HASH_SEED = "0"
_PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
FINGERPRINT = f"{sys.hash_info.algorithm} {sys.hash_info.hash_bits} {sys.byteorder} {_PYTHON}"
