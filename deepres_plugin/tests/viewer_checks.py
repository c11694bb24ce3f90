"""What the tests of all viewers share."""

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg


class ViewerChecks:
    """For test cases with a project, ``proj``: viewers without windows, and what they show."""

    viewerClass = None

    def openViewer(self, run, viewerClass=None):
        """The viewer of a run, of the test case's own class if none is given."""
        viewer = (viewerClass or self.viewerClass)(project=self.proj, protocol=run)
        viewer.setProtocol(run)
        return viewer

    def show(self, viewer, entry):
        """The one view of an entry of the viewer's form."""
        (view,) = viewer._getVisualizeDict()[entry](entry)
        return view

    def assertDrawn(self, viewer, entry):
        """The entry shows a figure that is not empty."""
        canvas = FigureCanvasAgg(self.show(viewer, entry).getFigure())
        canvas.draw()
        self.assertGreater(np.asarray(canvas.buffer_rgba())[..., :3].std(), 10, f"{entry} is empty")
