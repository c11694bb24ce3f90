"""The parser of the command line: what is wrong is said in one line, with what was probably meant."""

import difflib
import re
from argparse import Action, ArgumentError, ArgumentParser, Namespace
from collections.abc import Iterable, Sequence
from typing import Any, NoReturn

from deepreslib.errors import InputError

_NEGATIVE = re.compile(r"^-(\d|\.\d|inf|nan)", re.IGNORECASE)
_NO_VALUE = re.compile(r"--?\w[\w-]*=?--$", re.ASCII)
_REQUIRED = "the following arguments are required: "


class Parser(ArgumentParser):
    """An ``ArgumentParser`` that raises ``InputError`` where its base prints nine lines and ends the program.

    Values such as ``-90,-90,-90`` need no ``=`` before them.
    """

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self._negative_number_matcher = _NEGATIVE
        self.words: Sequence[str] = ()

    def parse(self, words: Sequence[str]) -> Namespace:
        """Parses the words of a command line.

        Args:
            words: those after the program's name.

        Raises:
            InputError: what is wrong with them.
        """
        self.words = words
        if wrong := next((word for word in words if _NO_VALUE.match(word)), None):  # argparse would make a list of it
            raise InputError(f"{wrong}: -- is no value; give one, or leave the option out.")
        for command in self._commands().values():
            command.words = words
        args, unknown = self.parse_known_args(list(words))
        if unknown:
            raise InputError(self._commands().get(args.command, self)._about(unknown))
        return args

    def error(self, message: str) -> NoReturn:
        """Raises the sentence about what is wrong.

        Args:
            message: of argparse.

        Raises:
            InputError: always.
        """
        if message.startswith(_REQUIRED):
            wrong = [word for word in self.words if word.startswith("--") and not self._knows(word)]
            message = f"missing: {message.removeprefix(_REQUIRED)}{self._meant(wrong)}"
        raise InputError(f"{message}; '{self.prog} --help' lists what there is.")

    def _check_value(self, action: Action, value: Any) -> None:
        if action.choices is not None and value not in action.choices:
            choices = [str(choice) for choice in action.choices]
            guess = _guess(str(value), choices)
            raise ArgumentError(action, f"there is no {value!r}{guess}; choose one of {', '.join(choices)}")

    def _about(self, unknown: Sequence[str]) -> str:
        """The sentence about words that mean nothing."""
        word = unknown[0]
        if word.startswith("-"):
            return f"there is no option {word.split('=')[0]}{self._meant([word])}; '{self.prog} --help' lists them."
        names = {name for action in self._actions for name in action.option_strings}
        if "--half1" in names and not {"--half1", "--half2"} & set(self.words):
            return f"{word} is one map more than expected; two half maps are given by --half1 and --half2."
        return f"{word} is more than '{self.prog}' takes; its value or option may be missing before it."

    def _commands(self) -> "dict[str, Parser]":
        for action in self._actions:
            if action.dest == "command" and isinstance(action.choices, dict):
                return action.choices
        return {}

    def _knows(self, word: str) -> bool:
        name = word.split("=")[0]
        return any(option.startswith(name) for action in self._actions for option in action.option_strings)

    def _meant(self, words: Iterable[str]) -> str:
        options = [option for action in self._actions for option in action.option_strings if option.startswith("--")]
        return "".join(_guess(word.split("=")[0], options) for word in words)


def _guess(word: str, words: Sequence[str]) -> str:
    """The question whether ``--range`` was meant by ``--rnage``; nothing if no word is like it."""
    alike = difflib.get_close_matches(word.lower(), words, 1, 0.6)
    return f" (did you mean {alike[0]}?)" if alike else ""
