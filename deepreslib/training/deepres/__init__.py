"""How DeepRes' networks are trained: simulated windows, presets, the program, the calibration of deviations."""
