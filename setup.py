"""What pip needs is in pyproject.toml; this file is for programs that still ask for one."""

from setuptools import setup

setup()
