"""Training examples that are made once and kept in files, by any number of processes."""

import functools
import multiprocessing
from collections.abc import Callable, Sequence

from deepreslib.progress import bar


def make_each(work: Callable[[int], None], numbers: Sequence[int], workers: int) -> None:
    """Makes the examples of some numbers and shows a progress bar.

    Args:
        work: function that makes the example of a number and writes its file; processes must be able to import it.
        numbers: of the examples.
        workers: processes; 0 makes the examples in this one.
    """
    progress = functools.partial(bar, title="examples", unit="example", shown=bool(numbers), total=len(numbers))
    if workers:
        with multiprocessing.get_context("spawn").Pool(workers) as pool:
            list(progress(pool.imap_unordered(work, numbers)))
    else:
        list(progress(map(work, numbers)))
