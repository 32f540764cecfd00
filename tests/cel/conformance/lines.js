// Turns the public conformance tests into lines for test_conformance.c: one JSON object a test.
//
//   node lines.js conformance | parsing | checking | comprehension
//
//   suite, name     where it stands: "basic", "self_eval_zeroish/self_eval_int_zero"
//   protobuf        true, and nothing below, for a test that needs protobuf messages
//   expr            the expression; container: where its names are looked up first
//   check           false: compiled without a check; evaluate: false: checked only, or parsed only
//   variables       [[name, type]], in the words of cel/type.h
//   functions       [[name, [[overload, signature]]]]
//   bindings        [[name, value]]
//   value           what it must give; or error: the message that it must end with (any error will
//                   do); or parses: whether it can be read at all
//   type            the type that the checker must find
//
// A value is an object of one member that names its kind, so that nothing is lost on the way:
// {"null": true}, {"bool": true}, {"int": "-1"}, {"uint": "1"}, {"double": "3ff0000000000000"} (its
// bits), {"string": "a"}, {"bytes": "00ff"}, {"list": [value]}, {"map": [[key, value]]},
// {"type": "int"}.
//
// The rule of what needs protobuf messages: a message's name, or a value that is one, in the
// expression, its declarations, bindings, container or what it must give. The names are those of
// the suite's own messages, of their packages, and whatever lies in google.protobuf.

const MESSAGE =
  /TestAllTypes|cel\.expr\.conformance|google\.protobuf|"messageType"|"objectValue"|proto[23]/;

function needsMessages({ name, description, ...rest }) {
  return MESSAGE.test(JSON.stringify(rest));
}

const PRIMITIVES = {
  BOOL: "bool",
  INT64: "int",
  UINT64: "uint",
  DOUBLE: "double",
  STRING: "string",
  BYTES: "bytes",
};

function withParameters(name, parameters) {
  return parameters.length === 0 ? name : `${name}(${parameters.map(typeText).join(", ")})`;
}

function typeText(type) {
  const [[kind, content]] = Object.entries(type);
  switch (kind) {
    case "dyn":
      return "dyn";
    case "null":
      return "null_type";
    case "primitive":
      return PRIMITIVES[content];
    case "wrapper":
      return `wrapper(${PRIMITIVES[content]})`;
    case "wellKnown":
      return content.toLowerCase();
    case "typeParam":
      return content;
    case "listType":
      return withParameters("list", [content.elemType]);
    case "mapType":
      return withParameters("map", [content.keyType, content.valueType]);
    case "abstractType":
      return withParameters(content.name, content.parameterTypes ?? []);
    case "type":
      return "type";
    default:
      throw new Error(`a type of unknown kind ${kind}`);
  }
}

function bitsOf(number) {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, Number(number));
  return view.getBigUint64(0).toString(16).padStart(16, "0");
}

function valueOf(value) {
  const [[kind, content]] = Object.entries(value);
  switch (kind) {
    case "nullValue":
      return { null: true };
    case "boolValue":
      return { bool: content };
    case "int64Value":
      return { int: String(content) };
    case "uint64Value":
      return { uint: String(content) };
    case "doubleValue":
      return { double: bitsOf(content) };
    case "stringValue":
      return { string: content };
    case "bytesValue":
      return { bytes: Buffer.from(content, "base64").toString("hex") };
    case "typeValue":
      return { type: content };
    case "listValue":
      return { list: (content.values ?? []).map(valueOf) };
    case "mapValue":
      return { map: (content.entries ?? []).map(({ key, value }) => [key, value].map(valueOf)) };
    default:
      throw new Error(`a value of unknown kind ${kind}`);
  }
}

function signature({ params = [], resultType, isInstanceFunction }) {
  const types = params.map(typeText);
  const target = isInstanceFunction ? `${types.shift()}.` : "";
  return `${target}(${types.join(", ")}) -> ${typeText(resultType)}`;
}

function declarations(typeEnv = []) {
  const variables = [];
  const functions = [];
  for (const { name, ident, function: declared } of typeEnv) {
    if (ident) variables.push([name, typeText(ident.type)]);
    else {
      functions.push([name, declared.overloads.map((one) => [one.overloadId, signature(one)])]);
    }
  }
  return { variables, functions };
}

// How the reference writes its types, in our words: its `null` is null_type, its type(dyn) is type.
function foundType(text) {
  return text?.replace(/\bnull\b/g, "null_type");
}

function common(test) {
  const { original } = test;
  const { variables, functions } = declarations(original.typeEnv);
  const bindings = Object.entries(original.bindings ?? {});
  return {
    expr: original.expr,
    container: original.container ?? "",
    check: !original.disableCheck,
    evaluate: true,
    variables,
    functions,
    bindings: bindings.map(([name, { value }]) => [name, valueOf(value)]),
  };
}

// A test that says neither value nor error expects true. The type that a test states goes before
// the one that was found by the reference.
function conformance(test) {
  const { value, evalError, typedResult, checkOnly, disableCheck } = test.original;
  const line = common(test);
  line.evaluate = !checkOnly;
  if (evalError) line.error = evalError.errors[0].message;
  else if (!checkOnly) line.value = valueOf(value ?? typedResult?.result ?? { boolValue: true });
  if (typedResult) line.type = typeText(typedResult.deducedType);
  else if (!disableCheck && test.type) line.type = foundType(test.type);
  return line;
}

// These were taken with a parser that has optional syntax, quoted names and more than 32 levels
// switched off, and another name of the accumulator, and with a checker that does not compare int,
// uint and double: those are left out.
const SWITCHED_OFF =
  /unsupported syntax|recursion|accumulator variable|overload for '_[<>]=?_'/;

function parsing(test) {
  if (test.ast === undefined && SWITCHED_OFF.test(test.error)) return undefined;
  return { ...common(test), evaluate: false, parses: test.ast !== undefined };
}

// What the reference declares for all of these.
const CHECKING = {
  variables: [
    ["is", "string"],
    ["ii", "int"],
    ["iu", "uint"],
    ["iz", "bool"],
    ["ib", "bytes"],
    ["id", "double"],
    ["ix", "null_type"],
  ],
  functions: [
    ["fg_s", [["fg_s_0", "() -> string"]]],
    ["fi_s_s", [["fi_s_s_0", "string.() -> string"]]],
  ],
};
function checking(test) {
  if (test.type === undefined && SWITCHED_OFF.test(test.error)) return undefined;
  const line = { ...common(test), evaluate: false };
  line.variables.push(...CHECKING.variables);
  line.functions.push(...CHECKING.functions);
  if (test.type) line.type = foundType(test.type);
  else line.error = test.error;
  return line;
}

// First those that are true, then those that are wrong, then some that need declarations which the
// data do not tell. Two use the accumulator's name, which is another here.
const WRONG_FROM = "[].all(i, i, i < i)";
const UNTOLD_FROM = "{'a': 'world', 'b': 'hello'}.transformMap(";
const UNTOLD = /^m\.|__result__/;

function comprehension(test, index, tests) {
  const find = (expr) => tests.findIndex(({ original }) => original.expr.startsWith(expr));
  if (index >= find(UNTOLD_FROM) || UNTOLD.test(test.original.expr)) return undefined;
  const line = common(test);
  if (index < find(WRONG_FROM)) line.value = { bool: true };
  else line.error = "";
  return line;
}

const READERS = { conformance, parsing, checking, comprehension };
const collection = process.argv[2];
const reader = READERS[collection];
if (!reader) throw new Error(`usage: node lines.js ${Object.keys(READERS).join(" | ")}`);
const { tests } = await import(`@bufbuild/cel-spec/testdata/${collection}.js`);

const lines = [];
function walk({ suites = [], tests: own = [] }, path) {
  own.forEach((test, index) => {
    const name = test.original.name ?? test.original.expr.replace(/\s+/g, " ").trim();
    const [suite, ...rest] = [...path, name];
    const place = { suite, name: rest.join("/") };
    if (needsMessages(test.original)) lines.push({ ...place, protobuf: true });
    else {
      const line = reader(test, index, own);
      if (line) lines.push({ ...place, ...line });
    }
  });
  for (const child of suites) walk(child, [...path, child.name]);
}
walk(tests, collection === "conformance" ? [] : [collection]);
process.stdout.write(lines.map((line) => JSON.stringify(line) + "\n").join(""));
