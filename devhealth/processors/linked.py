"""Which work items pull requests belong to, by what both say, and what kind of work that is.

A provider's own link is sure, a closing word (`closes #7`) nearly so, a key that is only named a
little less. A key that two trackers have means one of them, and nobody knows which.
"""

from typing import Final

import polars as pl

from devhealth.models.directory import UNCLASSIFIED
from devhealth.models.records import Link
from devhealth.processors.frames import rows_of

# rule → basis and confidence
RULES: Final = {
    "told": ("native", 1.0),
    "closes": ("explicit_text", 0.9),
    "named": ("explicit_text", 0.8),
}
UNSURE: Final = ("heuristic", 0.5)
_OF_PULL: Final = ["repo_id", "number"]
_OF_ITEM: Final = {
    "item_theme": "work_theme",
    "item_subcategory": "work_subcategory",
    "item_rule": "category_rule",
}


def references(pulls: pl.DataFrame) -> pl.DataFrame:
    """`repo_id`, `number`, `rule` and `item_key` of all that they name, each key by the surest
    rule."""
    named = pulls.select(*_OF_PULL, "refers_to").explode("refers_to").drop_nulls()
    parts = pl.col("refers_to").str.splitn(" ", 2)
    split = named.select(
        *_OF_PULL,
        rule=parts.struct.field("field_0"),
        item_key=parts.struct.field("field_1"),
    ).filter(pl.col("rule").is_in(list(RULES)))
    ranked = split.with_columns(confidence=_of_rule(1, pl.Float64))
    return (
        ranked.sort("confidence", descending=True)
        .unique([*_OF_PULL, "item_key"], keep="first", maintain_order=True)
        .drop("confidence")
    )


def links(named: pl.DataFrame, items: pl.DataFrame) -> pl.DataFrame:
    """Rows of `Link` from pull requests to items. `items` have `called`, each key they have or had.

    An item that is named by two of its keys is linked once, by the surest.
    """
    found = named.join(items, left_on="item_key", right_on="called")
    several = pl.col("work_item_id").n_unique().over(*_OF_PULL, "item_key") > 1
    basis, confidence = UNSURE
    rows = found.select(
        "repo_id",
        "rule",
        from_kind=pl.lit("pull_request"),
        from_id=pl.format("#{}", "number"),
        to_kind=pl.lit("work_item"),
        to_id="work_item_id",
        basis=pl.when(several).then(pl.lit(basis)).otherwise(_of_rule(0, pl.String)),
        confidence=pl.when(several).then(confidence).otherwise(_of_rule(1, pl.Float64)),
    )
    best = rows.sort("confidence", descending=True).unique(Link.key, keep="first")
    return rows_of(Link, best)


def of_items(pulls: pl.DataFrame, found: pl.DataFrame, items: pl.DataFrame) -> pl.DataFrame:
    """Pull requests with what their best-linked classified item is; of equals the lowest id's."""
    kinds = items.unique("work_item_id").select("work_item_id", **_OF_ITEM)
    best = (
        found.join(kinds, left_on="to_id", right_on="work_item_id")
        .filter(pl.col("item_theme") != UNCLASSIFIED)
        .sort("confidence", "to_id", descending=[True, False])
        .unique(["repo_id", "from_id"], keep="first", maintain_order=True)
        .select("repo_id", pl.col("from_id").str.slice(1).cast(pl.Int64).alias("number"), *_OF_ITEM)
    )
    both = pulls.drop(*_OF_ITEM).join(best, on=_OF_PULL, how="left", maintain_order="left")
    return both.with_columns(pl.col(list(_OF_ITEM)).fill_null("")).select(pulls.columns)


def _of_rule(place: int, dtype: type[pl.DataType]) -> pl.Expr:
    told = {rule: said[place] for rule, said in RULES.items()}
    return pl.col("rule").replace_strict(told, return_dtype=dtype)
