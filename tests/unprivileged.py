"""Calls made as a user without rights: root is refused nothing, so that tests run as root would show nothing."""

import os
import traceback

NOBODY = 65534


def as_nobody(function, *arguments):
    """Call a function in a process of a user without rights.

    Args:
        function: returns a text.
        arguments: its arguments.

    Returns:
        The text, or that of the exception: its type and its message.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        try:
            if os.getuid() == 0:
                os.setgroups([])
                os.setgid(NOBODY)
                os.setuid(NOBODY)
            text = str(function(*arguments))
        except BaseException as error:
            text = "".join(traceback.format_exception_only(error)).strip()
        os.write(writing, text.encode())
        os._exit(0)
    os.close(writing)
    with open(reading, "rb") as stream:
        text = stream.read().decode()
    os.waitpid(child, 0)
    return text
