"""What all record types share."""

from dataclasses import dataclass, field

from django.db import models

Texts = tuple[str, ...]


@dataclass(frozen=True)
class Columns:
    """The model that a record becomes, and its fields that have another name there."""

    model: type[models.Model]
    renamed: dict[str, str] = field(default_factory=dict)

    def limits(self) -> dict[str, int]:
        lengths = {column.name: column.max_length for column in self.model._meta.fields if column.max_length}
        lengths |= {name: lengths[column] for name, column in self.renamed.items() if column in lengths}
        return lengths
