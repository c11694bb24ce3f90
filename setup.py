"""Packaging of scipion-em-deepres."""

from pathlib import Path

from setuptools import find_packages, setup

here = Path(__file__).parent
version = {}
exec((here / "deepres" / "version.py").read_text(), version)

setup(
    name="scipion-em-deepres",
    version=version["__version__"],
    description="Local resolution of cryo-EM maps by deep learning, for Scipion and the command line",
    long_description=(here / "README.rst").read_text(),
    long_description_content_type="text/x-rst",
    license="GPL-3.0-or-later",
    classifiers=[
        "Development Status :: 4 - Beta",
        "Intended Audience :: Science/Research",
        "Topic :: Scientific/Engineering :: Bio-Informatics",
        "Programming Language :: Python :: 3",
        "Programming Language :: Python :: 3.10",
        "Programming Language :: Python :: 3.11",
        "Programming Language :: Python :: 3.12",
    ],
    keywords="scipion cryoem local-resolution deep-learning",
    python_requires=">=3.10,<3.13",
    packages=find_packages(include=["deepres", "deepres.*", "deepres_plugin", "deepres_plugin.*"]),
    include_package_data=True,
    package_data={
        "deepres": ["networks/weights/*/*", "demo/*"],
        "deepres_plugin": ["*.conf", "*.png", "*.svg"],
    },
    install_requires=[
        "scipion-em>=3.11,<3.12",
        "scipion-pyworkflow>=3.11,<3.12",
        "tensorflow>=2.16",
        "keras>=3.4",
        "gemmi>=0.7",
        "mrcfile>=1.4.3",
        "numpy",
        "scipy",
        "scikit-image",
        "matplotlib",
        "tqdm",
        "h5py",
    ],
    extras_require={"gpu": ["tensorflow[and-cuda]>=2.16"], "test": ["pytest", "pytest-timeout", "ruff>=0.17,<0.18"]},
    entry_points={
        "console_scripts": ["deepres = deepres.commands:main"],
        "pyworkflow.plugin": ["deepres_plugin = deepres_plugin"],
    },
)
