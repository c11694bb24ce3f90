"""How CryoRes' network is trained: simulated maps, examples of their places, presets, the program."""
