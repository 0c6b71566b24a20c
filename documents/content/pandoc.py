"""Runs pandoc as the separate program it is, closed off from files and the network by --sandbox."""

import subprocess
from functools import cache

import pypandoc

# Of GitHub's dialect all but the metadata block (a rule at the top is a rule) and its second way to write mathematics.
MARKDOWN = "gfm-yaml_metadata_block"
MARKDOWN_OUT = "gfm-tex_math_gfm"
HTML = "html+task_lists"

MAX_INPUT = 20_000_000
MAX_OUTPUT = 40_000_000
TIMEOUT_SECONDS = 25


class ConversionFailed(RuntimeError):
    pass


def convert(text: str, source: str, target: str, *options: str) -> str:
    """Raises ConversionFailed. The time limit of the whole job is the sandbox's; this one names the culprit."""
    if len(text) > MAX_INPUT:
        raise ConversionFailed("too long to convert")
    command = [_binary(), "--sandbox", "--wrap=none", "--syntax-highlighting=none", "--preserve-tabs"]
    command += [f"--from={source}", f"--to={target}", *options]
    try:
        # A list of arguments, none of them a user's: formats and options are this package's own constants.
        done = subprocess.run(command, input=text.encode(), capture_output=True, timeout=TIMEOUT_SECONDS)  # noqa: S603
    except subprocess.TimeoutExpired as fault:
        raise ConversionFailed("took too long to convert") from fault
    if done.returncode:
        raise ConversionFailed(done.stderr.decode(errors="replace")[:500])
    if len(done.stdout) > MAX_OUTPUT:
        raise ConversionFailed("too large when converted")
    return done.stdout.decode()


@cache
def _binary() -> str:
    path: str = pypandoc.get_pandoc_path()
    return path
