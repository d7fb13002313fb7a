"""One thread for every test: small matrix products run slower on two, and the machine is shared.

Some tests fork. BLAS brings its threads back after a fork, and once in a while waits for one of them for ever.
"""

import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # before numpy is there

import torch

torch.set_num_threads(1)
