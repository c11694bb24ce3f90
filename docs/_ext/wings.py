"""API pages from docstrings.

``.. wing:: deepreslib.maps`` lists every module of a wing with all that is public in it, and ``.. modules::
deepreslib.maps`` makes a table of the modules and the first sentences of their docstrings. Both find the modules by
listing the folder: a new module is there without a word changed. Signatures are shown as they stand in the source, so
that ``FloatArray`` stays ``FloatArray``; names of classes in them become links where they are known.
"""

import ast
import importlib
import inspect
import pkgutil
import textwrap

from docutils import nodes
from docutils.parsers.rst import Directive
from docutils.statemachine import StringList
from sphinx.util.nodes import make_refnode, nested_parse_with_titles

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
    """``.. modules:: PACKAGE``: a table of its modules and what each holds."""

    required_arguments = 1

    def run(self):
        """The table."""
        (package,) = self.arguments
        lines = [".. list-table::", "   :widths: 35 65", ""]
        names = modules(package)
        for name in names[1:] or names:
            shown = name.removeprefix("deepreslib.")
            lines += [f"   * - :py:mod:`{shown} <{name}>`", f"     - {_first_sentence(name)}"]
        return _parse(self.state, lines, package)


def _parse(state, lines, source):
    """The nodes that lines of reStructuredText make."""
    node = nodes.section()
    node.document = state.document
    nested_parse_with_titles(state, StringList(lines, source=source), node)
    return node.children


def _first_sentence(module):
    paragraph = inspect.getdoc(importlib.import_module(module)).split("\n\n")[0].replace("\n", " ")
    sentence, end, _ = paragraph.partition(". ")
    return sentence + end.strip() if end else paragraph


def escape_bars(app, what, name, thing, options, lines):
    """Bars in docstrings are absolute values, as in |error|, and no substitutions of reStructuredText."""
    for number, line in enumerate(lines):
        parts = line.split("``")
        parts[::2] = [part.replace("|", r"\|") for part in parts[::2]]
        lines[number] = "``".join(parts)


def source_signature(app, what, name, thing, options, signature, returns):
    """The signature of a function or a dataclass as its source has it."""
    if what in ("function", "method"):
        node = _parsed(inspect.unwrap(getattr(thing, "__func__", thing)))
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            return None
        decorators = {ast.unparse(decorator) for decorator in node.decorator_list}
        if what == "method" and "staticmethod" not in decorators:
            first = (node.args.posonlyargs or node.args.args)[:1]
            for arguments in (node.args.posonlyargs, node.args.args):
                arguments[:] = [argument for argument in arguments if argument not in first]
        return f"({ast.unparse(node.args)})", node.returns and ast.unparse(node.returns).strip("'\"")
    if what == "class" and hasattr(thing, "__dataclass_fields__") and "__init__" in vars(thing):
        node = _parsed(thing)
        if isinstance(node, ast.ClassDef):
            fields = [part for part in node.body if isinstance(part, ast.AnnAssign)]
            return f"({', '.join(map(_field, fields))})", None
    return None


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


def link_by_last_name(app, env, node, content):
    """Links the unqualified name of a class or type of ours; leaves names of other libraries as they are."""
    if node.get("refdomain") != "py" or node.get("reftype") not in ("class", "obj", "data"):
        return None
    target, domain = node["reftarget"], env.get_domain("py")
    if target.startswith("deepreslib."):
        return None  # a full name that is wrong shall be a warning
    last = target.rpartition(".")[2]
    found = [
        (name, entry) for name, entry in domain.objects.items() if name.rpartition(".")[2] == last and not entry.aliased
    ]
    if len(found) == 1 and "." not in target:
        name, entry = found[0]
        return make_refnode(app.builder, node["refdoc"], entry.docname, entry.node_id, content, name)
    written_out = isinstance(content, nodes.literal)  # :class:`Name` in a docstring, not a type in a signature
    return None if written_out else content


def setup(app):
    """Tells Sphinx of all this."""
    app.add_directive("wing", Wing)
    app.add_directive("modules", Modules)
    app.connect("autodoc-process-docstring", escape_bars)
    app.connect("autodoc-process-signature", source_signature)
    app.connect("missing-reference", link_by_last_name)
    return {"parallel_read_safe": True, "version": "1"}
