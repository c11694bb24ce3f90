"""The one exception that a user is meant to read."""


class InputError(ValueError):
    """Input that cannot be used.

    Its message is one sentence that names the file, the fault and the mend; the command line prints it and exits
    with code 2, a protocol shows it in its form.
    """
