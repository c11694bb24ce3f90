"""Fourier space: filters, FSC, resampling, local spectra, whitening; arrays are (z, y, x)."""

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
from deepreslib.fourier.resampling import needed_voxels, sample_back, to_shape, to_voxel_size
from deepreslib.fourier.spectra import LocalSpectrum, WideSpectrum, local_spectrum
from deepreslib.fourier.whitening import NoiseSpectrum, measure_noise, whiten

__all__ = [
    "LocalSpectrum",
    "NoiseSpectrum",
    "ShellCorrelation",
    "ShellSums",
    "WideSpectrum",
    "apply_b_factor",
    "b_factor_weights",
    "frequencies",
    "global_fsc",
    "local_spectrum",
    "low_pass",
    "measure_noise",
    "needed_voxels",
    "raised_cosine",
    "randomise_phases",
    "sample_back",
    "shaped_noise",
    "shell_sums",
    "to_shape",
    "to_voxel_size",
    "transfer",
    "whiten",
]
