"""The parser's complaints about broken YAML, in words of people who do not write parsers."""

from __future__ import annotations

import re

WORDS = (
    (
        r"cannot start any token",
        "'{found}' cannot stand here",
        "put text that begins with one of @ ` % in quotes; indent with spaces, never with tabs",
    ),
    (
        r"mapping values are not allowed",
        "a second ':' where a value stands, or a line that is indented too far",
        "put text with ': ' in quotes; fields of one block begin in the same column",
    ),
    (
        r"could not find expected ':'|expected ':'",
        "a line without ':'",
        "every line is 'field: value'; long text needs '|' or quotes",
    ),
    (r"expected <block end>", "this does not continue the block above", "fields of one block begin in the same column"),
    (r"expected ',' or '\]'", "a '[' without its ']'", "separate with ',' and close the list with ']'"),
    (r"expected ',' or '\}'", "a '{{' without its '}}'", "separate with ',' and close the block with '}'"),
    (
        r"unexpected end of stream|unexpected document separator",
        "a quoted text without its closing quote",
        "close the quotes",
    ),
    (r"sequence entries are not allowed", "'- ' cannot stand here", "a list begins on a line of its own"),
    (r"unknown escape character", "an escape that YAML does not know", "use single quotes for text with a backslash"),
    (r"but found '?<alias>|undefined alias", "an alias", "write the values out"),
    (
        r"expected the node content",
        "a value is missing, or a bracket is one too many",
        "give a value, or '[]' for an empty list",
    ),
    (
        r"but found '?<document start>|expected '<document start>'",
        "the scenario goes on after its end",
        "a file holds one scenario",
    ),
    (
        r"block scalar|chomping or indentation",
        "text after '|' or '>' is not as it should be",
        "write it indented on the next lines",
    ),
    (r"directive|version", "a '%' line that is not needed", "delete it"),
    (r"special characters are not allowed", "an invisible character", "delete it"),
)


def in_words(complaint: str, found: str) -> tuple[str, str]:
    """What is wrong with the syntax, and what to do.

    Args:
        complaint: the parser's own words.
        found: the character at which it stopped.
    """
    if found == "\t":
        return "a tab cannot stand here", "indent and separate with spaces"
    for pattern, text, hint in WORDS:
        if re.search(pattern, complaint):
            return text.replace("{found}", found or "the end").replace("{{", "{").replace("}}", "}"), hint
    return "this is not YAML", "compare with a packaged scenario: recsim new NAME writes one"
