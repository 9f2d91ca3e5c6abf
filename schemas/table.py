"""How a table is declared: a pyarrow schema whose fields carry their meaning and unit as metadata."""

import pyarrow as pa

from schemas.errors import SchemaError


def column(
    name: str, column_type: pa.DataType, meaning: str, *, unit: str = "", nullable: bool = True
) -> pa.Field:
    """Declare one column with its meaning, and its unit where it has one."""
    metadata = {"meaning": meaning} | ({"unit": unit} if unit else {})
    return pa.field(name, column_type, nullable, metadata)


def conform(batch: pa.RecordBatch | pa.Table, schema: pa.Schema, where: str) -> pa.RecordBatch | pa.Table:
    """Return `batch` with exactly the columns, order and field metadata of `schema`.

    Raises:
        SchemaError: a column is missing or has another type than declared.
    """
    faults = []
    for field in schema:
        found = batch.schema.get_field_index(field.name)
        if found < 0:
            faults.append(f"{field.name}: expected {field.type}, got no such column")
        elif batch.schema.field(found).type != field.type:
            faults.append(f"{field.name}: expected {field.type}, got {batch.schema.field(found).type}")
    if faults:
        raise SchemaError(f"{where}: " + "; ".join(faults))
    return type(batch).from_arrays([batch.column(name) for name in schema.names], schema=schema)
