"""API pages from docstrings.

``.. wing:: deepreslib.maps`` lists every module of a wing with all that is public in it, and ``.. modules::
deepreslib.maps`` makes a table of the modules and the first sentences of their docstrings. Both find the modules by
listing the folder: a new module is there without a word changed. Signatures are shown as they stand in the source, so
that ``FloatArray`` stays ``FloatArray``; classes of ours in them are links.
"""

import ast
import dataclasses
import importlib
import inspect
import pkgutil
import re
import textwrap

from docutils import nodes
from docutils.parsers.rst import Directive
from docutils.statemachine import StringList
from sphinx.util.nodes import make_refnode, nested_parse_with_titles

CONSTANTS = ("data", "attribute", "property")
"""What Sphinx calls things with a docstring of prose alone."""

LONGEST_DEFAULT = 40
"""Characters of a default value that a signature shows; longer ones are three dots."""


def modules(package):
    """Names of a package's modules, those of its packages too, in the order of the alphabet; the package itself first.

    Args:
        package: its dotted name; a plain module stands for itself.
    """
    path = getattr(importlib.import_module(package), "__path__", None)
    names = [package]
    for module in sorted(pkgutil.iter_modules(path), key=lambda each: each.name) if path else []:
        names += modules(f"{package}.{module.name}")
    return names


class Wing(Directive):
    """``.. wing:: PACKAGE``: a section for each module."""

    required_arguments = 1

    def run(self):
        """The sections."""
        (package,) = self.arguments
        lines = []
        for name in modules(package):
            title = f"``{name}``"
            lines += [title, "=" * len(title), "", f".. automodule:: {name}", "   :members:"]
            lines += ["   :ignore-module-all:", ""]  # a package lists what it defines, not what it hands on
        return _parse(self.state, lines, package)


class Modules(Directive):
    """``.. modules:: PACKAGE ...``: a table of their modules and what each holds."""

    required_arguments = 1
    final_argument_whitespace = True

    def run(self):
        """The table."""
        lines = [".. list-table::", "   :widths: 35 65", "   :width: 100%", ""]
        for package in self.arguments[0].split():
            names = modules(package)
            for name in names[1:] or names:
                shown = name.removeprefix("deepreslib.")
                lines += [f"   * - :py:mod:`{shown} <{name}>`", f"     - {_first_sentence(name)}"]
        return _parse(self.state, lines, self.arguments[0])


def _parse(state, lines, source):
    """The nodes that lines of reStructuredText make."""
    node = nodes.section()
    node.document = state.document
    nested_parse_with_titles(state, StringList(lines, source=source), node)
    return node.children


def _first_sentence(module):
    """The first sentence of a module's docstring; a full stop after "al" or a capital letter ends no sentence."""
    paragraph = inspect.getdoc(importlib.import_module(module)).split("\n\n")[0].replace("\n", " ")
    return re.split(r"(?<=\.)(?<!\bal\.)(?<!Mol\.)(?<![A-Z]\.) (?=[A-Z])", paragraph)[0]


def keep_constants(app, what, name, thing, options, lines):
    """Puts the docstring of a constant aside: napoleon would take what stands before a colon for a type."""
    if what in CONSTANTS:
        app.env.temp_data[name] = list(lines)


def restore_constants(app, what, name, thing, options, lines):
    """Puts it back after napoleon."""
    if what in CONSTANTS:
        lines[:] = app.env.temp_data.pop(name)


def escape_bars(app, what, name, thing, options, lines):
    """Bars in docstrings are absolute values, as in |error|, and no substitutions of reStructuredText."""
    for number, line in enumerate(lines):
        parts = line.split("``")
        parts[::2] = [part.replace("|", r"\|") for part in parts[::2]]
        lines[number] = "``".join(parts)


def source_signature(app, what, name, thing, options, signature, returns):
    """The signature of a function or a dataclass as its source has it."""
    if what in ("function", "method"):
        function = inspect.unwrap(getattr(thing, "__func__", thing))
        node = _parsed(function)
        if not isinstance(node, ast.FunctionDef):
            return None
        if what == "method" and "staticmethod" not in map(ast.unparse, node.decorator_list):
            for arguments in (node.args.posonlyargs, node.args.args):
                if arguments:
                    del arguments[0]
                    break
        _FullNames(function.__module__).visit(node)
        return f"({ast.unparse(node.args)})", node.returns and ast.unparse(node.returns)
    if what == "class" and dataclasses.is_dataclass(thing) and "__init__" in vars(thing):
        node = _parsed(thing)
        if isinstance(node, ast.ClassDef):
            _FullNames(thing.__module__).visit(node)
            fields = [part for part in node.body if isinstance(part, ast.AnnAssign)]
            return f"({', '.join(map(_field, fields))})", None
    return None


class _FullNames(ast.NodeTransformer):
    """Gives classes of ours in annotations their full names; the page shows the last part, and links the whole.

    Args:
        module: name of the module that the annotations stand in.
    """

    def __init__(self, module):
        self.names = vars(importlib.import_module(module))

    def visit_arg(self, node):
        """An argument of a function."""
        node.annotation = node.annotation and self._full(node.annotation)
        return node

    def visit_AnnAssign(self, node):
        """A field of a dataclass."""
        node.annotation = self._full(node.annotation)
        return node

    def visit_FunctionDef(self, node):
        """What a function returns; its arguments are visited too."""
        node.returns = node.returns and self._full(node.returns)
        self.visit(node.args)
        return node

    def _full(self, annotation):
        for part in ast.walk(annotation):
            for field, value in ast.iter_fields(part):
                if isinstance(value, ast.expr):
                    setattr(part, field, self._replaced(value))
                elif isinstance(value, list):
                    setattr(part, field, [self._replaced(one) for one in value])
        return self._replaced(annotation)

    def _replaced(self, node):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return self._full(ast.parse(node.value, mode="eval").body)
        thing = self.names.get(node.id) if isinstance(node, ast.Name) else None
        if inspect.isclass(thing) and thing.__module__.startswith("deepreslib."):
            return ast.parse(f"{thing.__module__}.{thing.__qualname__}", mode="eval").body
        return node


def _parsed(thing):
    """The syntax tree of a function or class; None if it has no source."""
    try:
        return ast.parse(textwrap.dedent(inspect.getsource(thing))).body[0]
    except (OSError, TypeError, SyntaxError):
        return None


def _field(node):
    text = f"{node.target.id}: {ast.unparse(node.annotation)}"
    if node.value is None:
        return text
    default = ast.unparse(node.value)
    return f"{text} = {default if len(default) <= LONGEST_DEFAULT and 'field(' not in default else '...'}"


def link_elsewhere(app, env, node, content):
    """Links a name that a package hands on to where the thing is described; leaves foreign and private names alone.

    What is not found of ours is a warning if a docstring writes it as a link, such as ``:func:`estimate```.
    """
    if node.get("refdomain") != "py":
        return None
    target, domain = node["reftarget"], env.get_domain("py")
    if target.startswith("deepreslib.") and "._" not in target:
        name = _home(target)
        entry = domain.objects.get(name)
        return entry and make_refnode(app.builder, node["refdoc"], entry.docname, entry.node_id, content, name)
    foreign = "." in target
    in_signature = not isinstance(content, nodes.literal)
    return content if foreign or in_signature else None


def _home(name):
    """The full name by which a thing was defined."""
    module, _, last = name.rpartition(".")
    try:
        thing = getattr(importlib.import_module(module), last)
    except (ImportError, AttributeError):
        return name
    return f"{getattr(thing, '__module__', '')}.{getattr(thing, '__qualname__', '')}"


def setup(app):
    """Tells Sphinx of all this."""
    app.add_directive("wing", Wing)
    app.add_directive("modules", Modules)
    app.connect("autodoc-process-docstring", keep_constants, priority=400)  # before napoleon
    app.connect("autodoc-process-docstring", restore_constants, priority=600)
    app.connect("autodoc-process-docstring", escape_bars, priority=700)
    app.connect("autodoc-process-signature", source_signature)
    app.connect("missing-reference", link_elsewhere)
    return {"parallel_read_safe": True, "version": "1"}
