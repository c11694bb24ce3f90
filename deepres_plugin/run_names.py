"""What runs and their volumes are called in pictures, tables and legends."""

import os

from deepres_plugin.inputs import plainPath


def runName(run):
    """The name of a run, without the plugin's that Scipion puts before it: "MonoRes", not "deepres_plugin - MonoRes".

    Args:
        run: a protocol of any plugin.

    Returns:
        The name that the user gave it, or the default one without its beginning.
    """
    name = run.getRunName().strip()
    prefix, _, rest = run.getClassLabel().partition(" - ")
    if rest and name.startswith(f"{prefix} - "):
        name = name[len(prefix) + 3 :]
    return name.strip()


def volumeName(pointer):
    """What to call the volume of a pointer: after the run that made it, or after its file.

    Args:
        pointer: to a volume, or to a run with the name of an output.
    """
    owner, volume = pointer.getObjValue(), pointer.get()
    name = runName(owner) if hasattr(owner, "getRunName") else volume.getObjLabel()
    return name.strip().lstrip("-").strip() or fileStem(volume)


def fileStem(volume):
    """The name of a volume's file without folder and ending: "map" for "maps/map.mrc.gz"."""
    stem, ending = os.path.splitext(os.path.basename(plainPath(volume)))
    return os.path.splitext(stem)[0] if ending in (".gz", ".bz2") else stem
