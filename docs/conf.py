"""How Sphinx builds the documentation: ``make docs`` runs it. Nothing here needs the network."""

import os
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # before autodoc imports the networks

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE / "_ext")]

from deepreslib.version import __version__  # noqa: E402

project = "scipion-em-deepres"
author = "the scipion-em-deepres developers"
copyright = f"{author}. GPL-3.0-or-later"
version = release = __version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.doctest",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
    "wings",  # docs/_ext/wings.py
]
exclude_patterns = ["_build"]
nitpicky = True
default_role = None
highlight_language = "python"

add_module_names = False
python_use_unqualified_type_names = True
autodoc_member_order = "bysource"
autodoc_inherit_docstrings = False  # Keras' own docstrings are written for another site
napoleon_numpy_docstring = False
napoleon_use_ivar = True
napoleon_attr_annotations = False  # the class's signature has the types
napoleon_use_rtype = False
viewcode_line_numbers = True

html_theme = "alabaster"
html_title = "scipion-em-deepres"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sphinx = False
html_sidebars = {"**": ["about.html", "searchfield.html", "navigation.html"]}
html_theme_options = {
    "description": "How good is a cryo-EM map, here?",
    "fixed_sidebar": True,
    "page_width": "1180px",
    "sidebar_width": "250px",
    "font_family": "system-ui, -apple-system, 'Segoe UI', 'Noto Sans', 'DejaVu Sans', sans-serif",
    "head_font_family": "system-ui, -apple-system, 'Segoe UI', 'Noto Sans', 'DejaVu Sans', sans-serif",
    "font_size": "16px",
    "code_font_size": "0.87em",
    "link": "#1f5f8b",
    "sidebar_collapse": True,
    "show_relbars": True,
}
