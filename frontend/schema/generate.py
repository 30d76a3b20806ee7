#!/usr/bin/env python3
"""Derives what the importer and editors know of each op from its ODS definition.

Reads the records of dialects/cnn/CnnOps.td as `llvm-tblgen --dump-json` prints them and writes
  OpTable.inc         a C++ row an op (frontend/OpTable.h): operands, attributes, defaults, documentation;
  model.schema.json   the JSON Schema (2020-12) of a spec.
"""
import argparse
import ast
import json
import re
import sys
import textwrap

# Kinds of attribute that a spec can hold: ODS base -> C++ enumerator of AttributeKind.
KINDS = {
    "I64Attr": "Int", "BoolAttr": "Bool", "F32Attr": "Float32", "F64Attr": "Float64", "StrAttr": "String",
    "DenseI64ArrayAttr": "IntList", "DenseF32ArrayAttr": "Float32List", "DenseF64ArrayAttr": "Float64List",
}
# Lists whose length the name tells, in every op that has them: a scalar is repeated (pad: also a pair).
LENGTHS = {"kernel": 2, "stride": 2, "dilation": 2, "size": 2, "pad": 4}
RESERVED = {"op", "name", "in", "as", "doc", "shared"}


def number(text):
    """The value of a C++ literal or of a quotient of two, or None."""
    parts = [part.strip().rstrip("f") for part in text.split("/")]
    try:
        values = [ast.literal_eval(part) for part in parts]
    except (ValueError, SyntaxError):
        return None
    return values[0] if len(values) == 1 else values[0] / values[1] if len(values) == 2 else None


def default_value(kind, text):
    """The JSON value of an ODS default (a C++ initialiser)."""
    text = text.strip()
    if kind == "Bool":
        return text == "true"
    if kind == "String":
        return text.strip('"')
    if kind.endswith("List"):
        inner = text[text.index("{") + 1:text.rindex("}")]
        return [number(part) for part in inner.split(",") if part.strip()]
    return number(text)


class Records:
    def __init__(self, dump):
        self.dump = dump

    def supers(self, name):
        return self.dump[name]["!superclasses"]

    def attribute(self, definition):
        """(base record name, default text or None, optional) of an attribute, wrappers removed."""
        default, optional = None, False
        while True:
            record = self.dump[definition]
            base = record.get("baseAttr")
            if "DefaultValuedAttr" in record["!superclasses"]:
                default = record["defaultValue"]
            if record.get("isOptional"):
                optional = True
            if not base or definition in KINDS or base["def"] == definition:
                return definition, default, optional
            definition = base["def"]

    def enum_cases(self, definition):
        record = self.dump[definition]
        enum = self.dump[record["enum"]["def"]] if record.get("enum") else record
        return [self.dump[case["def"]]["str"] for case in enum.get("enumerants", [])]


def read_op(records, name):
    """The row of an op, or None when it holds attributes that no spec can spell (constants)."""
    record = records.dump[name]
    row = {"op": record["opName"], "summary": record["summary"] or "", "description": textwrap.dedent(record["description"] or "").strip(),
           "parametric": "Cnn_ParametricOp" in record["!superclasses"], "operands": [], "attributes": [], "results": len(record["results"]["args"])}
    for argument, label in record["arguments"]["args"]:
        definition = argument["def"]
        supers = records.supers(definition)
        if "Attr" not in supers:
            row["operands"].append({"name": label, "optional": "Optional" in supers, "variadic": "Variadic" in supers})
            continue
        base, default, optional = records.attribute(definition)
        kind = KINDS.get(base)
        cases = [] if kind else records.enum_cases(base)
        if not kind and not cases:
            return None
        kind = kind or "Enum"
        if label in RESERVED:
            sys.exit(f"{row['op']}: the attribute '{label}' has the name of a key of a layer")
        attribute = {"name": label, "kind": kind, "length": LENGTHS.get(label, 0) if kind.endswith("List") else 0, "optional": optional, "default": None, "cases": cases}
        if default is not None:
            attribute["default"] = default_value(kind, default.split("::")[-1].lower() if cases else default)
        row["attributes"].append(attribute)
    # A window without weights is a pool: its stride is its kernel unless the spec says otherwise, as in torch.
    if not row["parametric"] and any(a["name"] == "kernel" for a in row["attributes"]):
        for attribute in row["attributes"]:
            if attribute["name"] == "stride":
                attribute["default"] = None
    return row


def cpp_string(text):
    return json.dumps(text, ensure_ascii=True)


def inc(rows):
    out = ["// Generated from dialects/cnn/CnnOps.td by frontend/schema/generate.py."]
    for row in rows:
        operands = ", ".join(f'{{"{o["name"]}", {str(o["optional"]).lower()}, {str(o["variadic"]).lower()}}}' for o in row["operands"])
        attributes = ",\n     ".join(
            f'{{"{a["name"]}", AttributeKind::{a["kind"]}, {a["length"]}, {str(a["optional"]).lower()}, '
            f'{cpp_string("" if a["default"] is None else json.dumps(a["default"]))}, {{{", ".join(cpp_string(c) for c in a["cases"])}}}}}'
            for a in row["attributes"])
        description = "\n     ".join(cpp_string(line + "\n") for line in row["description"].splitlines()) or '""'
        out.append(f'{{"{row["op"]}", {cpp_string(row["summary"])},\n     {description},\n    {str(row["parametric"]).lower()}, {row["results"]}, '
                   f'{{{operands}}},\n    {{{attributes}}}}},')
    return "\n".join(out) + "\n"


# ------------------------------------------------------------------------------------------------------------------ JSON Schema

EXPRESSION = {"type": "string", "pattern": "^="}
SHARED = {"anyOf": [{"type": "boolean"}, EXPRESSION], "default": False}


def ref(name):
    return {"$ref": f"#/$defs/{name}"}


def attribute_schema(attribute, has_kernel):
    kind = attribute["kind"]
    scalar = {"Int": {"type": "integer"}, "Bool": {"type": "boolean"}, "String": {"type": "string"}, "Enum": {"enum": attribute["cases"]}}.get(kind, {"type": "number"})
    if not kind.endswith("List"):
        options = [scalar, EXPRESSION]
    else:
        item = {"type": "integer"} if kind == "IntList" else {"type": "number"}
        items = {"type": "array", "items": {"anyOf": [item, EXPRESSION]}}
        if attribute["length"]:
            items["maxItems"] = attribute["length"]
        options = [items, EXPRESSION] + ([item] if attribute["length"] else [])
        if attribute["length"] == 4 and has_kernel:
            options.append({"enum": ["same", "same_lower"]})
    schema = {"anyOf": options}
    if attribute["default"] is not None:
        schema["default"] = attribute["default"]
    return schema


def op_schema(row):
    names = {a["name"] for a in row["attributes"]}
    required = [a["name"] for a in row["attributes"] if a["default"] is None and not a["optional"] and not (a["name"] == "stride" and "kernel" in names)]
    schema = {"description": row["summary"],
              "properties": {"op": {"const": row["op"]}, "name": ref("name"), "in": ref("names"), "as": ref("names"), "doc": {"type": "string"}, "shared": SHARED},
              "required": ["op"] + required, "additionalProperties": False}
    for attribute in row["attributes"]:
        schema["properties"][attribute["name"]] = attribute_schema(attribute, "kernel" in names)
    return schema


def layer_schema(rows):
    """A layer has one of the leading keys, or "doc" alone: a remark."""
    common = {"in": ref("names"), "as": ref("names"), "doc": {"type": "string"}}
    forms = {
        "repeat": {"required": ["layers"], "additionalProperties": False, "properties": {
            "repeat": {"anyOf": [{"type": "integer", "minimum": 0, "maximum": 100000}, EXPRESSION]}, "index": {"type": "string"}, "layers": ref("layers"), **common}},
        "if": {"required": ["then"], "additionalProperties": False, "properties": {
            "if": {"anyOf": [{"type": "boolean"}, EXPRESSION]}, "then": ref("layers"), "else": ref("layers"), **common}},
        "alias": {"required": ["as"], "additionalProperties": False, "properties": {"alias": {"type": "string"}, "as": {"type": "string"}, "doc": {"type": "string"}}},
        "let": {"required": ["value"], "additionalProperties": False, "properties": {
            "let": {"type": "string", "minLength": 1}, "value": {"type": ["number", "boolean", "string", "array"]}, "doc": {"type": "string"}}},
        "require": {"additionalProperties": False, "properties": {"require": {"anyOf": [{"type": "boolean"}, EXPRESSION]}, "message": {"type": "string"}, "doc": {"type": "string"}}},
        "op": {"properties": {"op": {"enum": [row["op"] for row in rows]}}},
        "block": {"properties": {"block": {"type": "string"}, "name": ref("name"), "values": {"type": "array"}, "shared": SHARED, **common}}}
    remark = {"required": ["doc"], "maxProperties": 1}
    return {"type": "object", "oneOf": [{"required": [key]} for key in forms] + [remark],
            "allOf": [{"if": {"required": [key]}, "then": form} for key, form in forms.items()] +
                     [{"if": {"required": ["op"], "properties": {"op": {"const": row["op"]}}}, "then": ref("op_" + row["op"])} for row in rows]}


def model_schema(rows):
    parameter = {"type": "object", "required": ["type"], "additionalProperties": False,
                 "properties": {"type": {"type": "string", "pattern": r"^(int|float|bool|string|block|any|\[+(int|float|bool|string|block|any)\]+)$"},
                                "default": {"type": ["number", "boolean", "string", "array"]}, "doc": {"type": "string"}}}
    preset = {"type": "object", "properties": {"doc": {"type": "string"}}, "additionalProperties": {"type": ["number", "boolean", "string", "array"]}}
    input_ = {"type": "object", "required": ["name", "shape"], "additionalProperties": False, "properties": {
        "name": {"type": "string"}, "if": {"anyOf": [{"type": "boolean"}, EXPRESSION]}, "dtype": {"anyOf": [{"enum": ["f32", "u8", "i32"]}, EXPRESSION], "default": "f32"},
        "shape": {"anyOf": [EXPRESSION, {"type": "array", "items": {"anyOf": [{"const": "N"}, {"type": "integer", "minimum": 1, "maximum": 2**31 - 1}, EXPRESSION]}}]},
        "max_batch": {"anyOf": [{"type": "integer", "minimum": 1, "maximum": 65536}, EXPRESSION], "default": 1},
        "capped": {"anyOf": [EXPRESSION, {"type": "array", "items": {"anyOf": [{"type": "integer", "minimum": 0, "maximum": 7}, EXPRESSION]}}], "default": []},
        "layout": {"type": "string"}, "doc": {"type": "string"}}}
    block = {"type": "object", "required": ["layers"], "additionalProperties": False, "properties": {
        "doc": {"type": "string"}, "parameters": ref("parameters"), "inputs": {**ref("names"), "default": ["x"]}, "layers": ref("layers"), "outputs": ref("outputs")}}
    import_ = {"type": "string", "pattern": r"^[^/].*\.(json|cnn)$"}
    shared = {"doc": {"type": "string"}, "imports": {"type": "array", "items": import_}, "blocks": {"type": "object", "additionalProperties": block}}
    model = {"name": {"type": "string"}, "paper": {"type": "string"}, "parameters": ref("parameters"),
             "presets": {"type": "object", "additionalProperties": preset}, "inputs": {"type": "array", "items": input_}, "layers": ref("layers"), "outputs": ref("outputs")}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema", "title": "cnnc network spec",
        "description": "Generated from dialects/cnn/CnnOps.td by frontend/schema/generate.py. The meaning of each field: docs/spec.md.",
        "type": "object", "additionalProperties": False, "properties": {**shared, **model},
        "if": {"anyOf": [{"required": [key]} for key in model]}, "then": {"required": ["name", "inputs", "layers"]},
        "else": {"anyOf": [{"required": ["blocks"]}, {"required": ["imports"]}]},
        "$defs": {
            "name": {"type": "string", "maxLength": 1024}, "names": {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]},
            "outputs": {"type": "object", "additionalProperties": {"anyOf": [{"type": "string"}, {
                "type": "object", "required": ["value"], "additionalProperties": False, "properties": {"if": {"anyOf": [{"type": "boolean"}, EXPRESSION]}, "value": {"type": "string"}}}]}}, "parameters": {"type": "object", "additionalProperties": parameter},
            "layers": {"type": "array", "items": ref("layer")}, "layer": layer_schema(rows), **{"op_" + row["op"]: op_schema(row) for row in rows}},
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("records", help="output of llvm-tblgen --dump-json")
    parser.add_argument("--inc", help="write OpTable.inc here")
    parser.add_argument("--schema", help="write model.schema.json here")
    options = parser.parse_args()
    with open(options.records, encoding="utf-8") as file:
        records = Records(json.load(file))
    rows = sorted(filter(None, (read_op(records, name) for name in records.dump["!instanceof"]["Op"] if name.startswith("Cnn_"))), key=lambda row: row["op"])
    if options.inc:
        with open(options.inc, "w", encoding="utf-8") as file:
            file.write(inc(rows))
    if options.schema:
        with open(options.schema, "w", encoding="utf-8") as file:
            file.write(re.sub(r"[ \t]+\n", "\n", json.dumps(model_schema(rows), indent=1)) + "\n")


if __name__ == "__main__":
    main()
