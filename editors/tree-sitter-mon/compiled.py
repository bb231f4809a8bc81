"""The committed parser.c, compiled and loaded."""

import ctypes
import subprocess
from pathlib import Path

from tree_sitter import Language, Parser

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]


def parser(folder):
    """A parser; `folder` takes the library."""
    library = folder / "mon.so"
    subprocess.run(["cc", "-O1", "-shared", "-fPIC", "-I", HERE / "src", "-o", library, HERE / "src" / "parser.c"], check=True)
    language = ctypes.cdll.LoadLibrary(str(library)).tree_sitter_mon
    language.restype = ctypes.c_void_p
    capsule = ctypes.pythonapi.PyCapsule_New
    capsule.restype, capsule.argtypes = ctypes.py_object, (ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p)
    return Parser(Language(capsule(language(), b"tree_sitter.Language", None)))
