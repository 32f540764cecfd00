"""Schema: docs/program.schema.json is itself valid, accepts every example and refuses what it must.

Programme files are YAML 1.2: unlike PyYAML's 1.1, `on` is a word and 2027-03-05 is text.

Usage: examples_match_schema.py SCHEMA EXAMPLES_FOLDER
"""
import copy
import json
import pathlib
import re
import sys

import jsonschema
import yaml


class Loader(yaml.SafeLoader):
    """The core schema of YAML 1.2."""


Loader.yaml_implicit_resolvers = {}
for tag, pattern, first in (
        ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
        ("null", r"null|Null|NULL|~|", ["n", "N", "~", ""]),
        ("int", r"[-+]?[0-9]+", "-+0123456789"),
        ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", "-+.0123456789")):
    Loader.add_implicit_resolver("tag:yaml.org,2002:" + tag, re.compile("^(?:%s)$" % pattern),
                                 list(first))


def main(schema_path, folder):
    schema = json.loads(pathlib.Path(schema_path).read_text(encoding="utf-8"))
    checker = jsonschema.validators.validator_for(schema)
    checker.check_schema(schema)
    validator = checker(schema)
    examples = sorted(pathlib.Path(folder).glob("*.yaml"))
    failures = 0 if examples else 1
    for path in examples:
        tree = yaml.load(path.read_text(encoding="utf-8"), Loader)
        for error in validator.iter_errors(tree):
            print("%s: %s: %s" % (path, "/".join(map(str, error.absolute_path)), error.message))
            failures += 1
        for section in (None, "wallets", "rules", "rewards"):
            broken = copy.deepcopy(tree)
            if section is None:
                broken["progam"] = "x"
            elif section not in broken:
                continue
            else:
                next(iter(broken[section].values()))["no_such_key"] = 1
            if validator.is_valid(broken):
                print("%s: an unknown key in %s is accepted" % (path, section or "the programme"))
                failures += 1
    print("%d examples, %d failures" % (len(examples), failures))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
