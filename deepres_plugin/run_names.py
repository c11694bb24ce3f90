"""What runs are called in pictures, tables and legends."""


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
