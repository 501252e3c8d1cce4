"""
completion: the words of the command line, for the shell to complete.
"""

from __future__ import annotations

import click

from bitdust.cli.terminal import Terminal, pass_terminal, said

#: The variable by which a shell asks; its value says how, see click's `shell_complete`.
VARIABLE = "_BITDUST_COMPLETE"


@click.command(
    help=said(
        "Print what makes a shell complete the words of `bitdust`.",
        'eval "$(bitdust completion bash)"',
        "bitdust completion bash >> ~/.bashrc",
        "bitdust completion fish > ~/.config/fish/completions/bitdust.fish",
    )
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@pass_terminal
def completion(terminal: Terminal, shell: str) -> None:
    from click.shell_completion import get_completion_class

    kind = get_completion_class(shell)
    assert kind is not None
    root = click.get_current_context().find_root().command
    script = kind(root, {}, "bitdust", VARIABLE)
    # `source` of the bash class asks an installed bash for its version, which the script does not depend on.
    text = script.source_template % script.source_vars()
    if terminal.json:
        terminal.show({"shell": shell, "script": text})
    else:
        terminal.say(text)


def complete(root: click.Command, instruction: str) -> int:
    """Answer the shell that asks.  @return: the exit code."""
    from click.shell_completion import shell_complete

    return shell_complete(root, {"obj": Terminal()}, "bitdust", VARIABLE, instruction)
