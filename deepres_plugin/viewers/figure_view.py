"""A matplotlib figure in a window of its own."""

import tkinter

from matplotlib.backends.backend_tkagg import FigureCanvasTkAgg, NavigationToolbar2Tk
from pyworkflow.viewer import View


class FigureView(View):
    """Shows a figure with matplotlib's toolbar, without pyplot and its global state.

    Args:
        figure: a ``matplotlib.figure.Figure``.
        title: the window's title.
        tkParent: the Tk window that owns it; by default Tk's root.
    """

    def __init__(self, figure, title="", tkParent=None):
        super().__init__()
        self._figure = figure
        self._title = title
        self._tkParent = tkParent

    def getFigure(self):
        """The figure, for those who have no display."""
        return self._figure

    def show(self):
        """Open the window; it lives on until it is closed."""
        window = tkinter.Toplevel(self._tkParent)
        window.title(self._title)
        canvas = FigureCanvasTkAgg(self._figure, master=window)
        NavigationToolbar2Tk(canvas, window).pack(side=tkinter.BOTTOM, fill=tkinter.X)
        canvas.get_tk_widget().pack(side=tkinter.TOP, fill=tkinter.BOTH, expand=True)
        canvas.draw()
