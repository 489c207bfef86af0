"""Parses T-SQL with ScriptDom, Microsoft's own parser, in the grammar of SQL Server 2019.

    python parse.py PATH/Microsoft.SqlServer.TransactSql.ScriptDom.dll < statements.json

Standard input is a JSON array of statements; standard output a JSON array with, for each, null or what is wrong with it.
Needs the packages `pythonnet` and `dotnetcore2`; `cargo xtask test` puts them into a folder of their own.
"""

import json
import os
import sys
import tempfile

os.environ.setdefault("DOTNET_SYSTEM_GLOBALIZATION_INVARIANT", "1")

import dotnetcore2
from pythonnet import load


def start_runtime():
    root = os.path.join(os.path.dirname(dotnetcore2.__file__), "bin")
    framework = {"name": "Microsoft.NETCore.App", "version": "3.1.0"}
    config = {"runtimeOptions": {"tfm": "netcoreapp3.1", "framework": framework}}
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "runtimeconfig.json")
        with open(path, "w") as file:
            json.dump(config, file)
        load("coreclr", runtime_config=path, dotnet_root=root)


start_runtime()
import clr

clr.AddReference(sys.argv[1])
from Microsoft.SqlServer.TransactSql.ScriptDom import TSql150Parser
from System.IO import StringReader


def check(sql):
    """None, or the first thing that is wrong with a statement."""
    fragment, errors = TSql150Parser(True).Parse(StringReader(sql), None)
    for error in errors:
        return f"line {error.Line}, column {error.Column}: {error.Message}"
    tokens = [token for token in fragment.ScriptTokenStream if str(token.TokenType) != "WhiteSpace"]
    if not any(str(token.TokenType) not in ("EndOfFile", "Semicolon") for token in tokens):
        return "there is no statement"
    # What the grammar lets pass and a server does not, or takes for something else.
    for token, following in zip(tokens, tokens[1:]):
        kind = str(token.TokenType)
        if kind == "Money":
            return f"{token.Text} is an amount of money, not a placeholder"
        if kind == "For" and str(following.TokenType) == "Update":
            return "FOR UPDATE belongs to cursors"
        if kind == "Identifier" and token.Text.upper() in ("BOOLEAN", "BOOL"):
            return f"there is no type {token.Text}"
    return None


json.dump([check(sql) for sql in json.load(sys.stdin)], sys.stdout)
