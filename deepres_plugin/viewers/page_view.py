"""A page (HTML) in the user's browser."""

import os
import webbrowser
from pathlib import Path

from pyworkflow.viewer import View


class PageView(View):
    """Opens a file in the browser.

    Args:
        path: of the page.
        explain: a function that takes a sentence and gives the view that says it, if there is no browser.
    """

    def __init__(self, path, explain):
        super().__init__()
        self._path = os.path.abspath(path)
        self._explain = explain

    def getPath(self):
        """The page's file."""
        return self._path

    def show(self):
        """Open the page; without a browser, say where it is."""
        if not webbrowser.open(Path(self._path).as_uri()):
            self._explain(
                f"There is no browser here. The report is one file, to be opened anywhere:\n\n{self._path}"
            ).show()
