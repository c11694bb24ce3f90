"""Tests of the plugin: real Scipion projects, run by pytest and by pyworkflow's own runner."""
