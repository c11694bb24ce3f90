"""Fourier space: grids, shells, filters, FSC, resampling, local spectra, whitening; arrays are (z, y, x)."""

from deepreslib.fourier.filters import (
    apply_b_factor,
    b_factor_weights,
    frequencies,
    low_pass,
    raised_cosine,
    randomise_phases,
    shaped_noise,
    transfer,
)
from deepreslib.fourier.fsc import ShellCorrelation, ShellSums, global_fsc, shell_sums
from deepreslib.fourier.grid import crop_spectrum, fast_length, voxel_triple
from deepreslib.fourier.local_filter import low_pass_locally
from deepreslib.fourier.resampling import clip_resolution, needed_voxels, sample_back, to_shape, to_voxel_size
from deepreslib.fourier.shells import add_in_shells, mean_in_shells, shell_numbers, sums_in_shells
from deepreslib.fourier.spectra import LocalSpectrum, WideSpectrum, local_spectrum
from deepreslib.fourier.whitening import NoiseSpectrum, measure_noise, whiten

__all__ = [
    "LocalSpectrum",
    "NoiseSpectrum",
    "ShellCorrelation",
    "ShellSums",
    "WideSpectrum",
    "add_in_shells",
    "apply_b_factor",
    "b_factor_weights",
    "clip_resolution",
    "crop_spectrum",
    "fast_length",
    "frequencies",
    "global_fsc",
    "local_spectrum",
    "low_pass",
    "low_pass_locally",
    "mean_in_shells",
    "measure_noise",
    "needed_voxels",
    "raised_cosine",
    "randomise_phases",
    "sample_back",
    "shaped_noise",
    "shell_numbers",
    "shell_sums",
    "sums_in_shells",
    "to_shape",
    "to_voxel_size",
    "transfer",
    "voxel_triple",
    "whiten",
]
