"""One thread for every test: small matrix products run slower on two, and the machine is shared."""

import torch

torch.set_num_threads(1)
