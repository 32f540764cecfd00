"""Schema: accepts every example, and of the broken programmes refuses just those that are marked.

A case of broken.txt is marked "[schema]" when the schema must refuse it. What needs the whole programme
(does that wallet exist?) only the loader can know, and there the schema must not be in the way.

Usage: schema_samples.py SOURCE_ROOT PROGRAM_TOOL
"""

import json
import pathlib
import subprocess
import sys
import tempfile

import jsonschema


def as_json(tool, path):
    """The file as the tool reads it (YAML 1.2's core schema), or None when it is no tree."""
    done = subprocess.run([tool, "json", path], capture_output=True, check=False)
    return json.loads(done.stdout) if done.returncode == 0 else None


def broken_cases(path):
    for part in path.read_text(encoding="utf-8").split("# case: ")[1:]:
        name, rest = part.split("\n", 1)
        yield name, rest.split("# expect:\n", 1)[0]


def main(root, tool):
    root = pathlib.Path(root)
    schema = json.loads((root / "docs/program.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    failures = []
    examples = sorted((root / "examples/programs").glob("*.yaml"))
    for path in examples:
        for error in validator.iter_errors(as_json(tool, path)):
            failures.append(f"{path.name}: {error.json_path}: {error.message}")
    refused = 0
    with tempfile.TemporaryDirectory() as folder:
        sample = pathlib.Path(folder) / "sample.yaml"
        for name, text in broken_cases(root / "tests/program/broken.txt"):
            sample.write_text(text, encoding="utf-8")
            tree = as_json(tool, sample)
            is_marked = name.endswith("[schema]")
            is_refused = tree is not None and not validator.is_valid(tree)
            refused += is_refused
            if is_refused != is_marked:
                failures.append(f"{name}: the schema {'refuses' if is_refused else 'accepts'} it")
    print(f"{len(examples)} examples, {refused} broken ones refused, {len(failures)} failures")
    print("\n".join(failures))
    return 1 if failures or len(examples) < 10 or refused < 20 else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
