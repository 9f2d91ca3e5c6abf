"""The command that audits corpora."""

from typing import Annotated

import typer

from jobs.commands import app


@app.command()
def audit(
    corpora: Annotated[
        list[str],
        typer.Argument(help="A run's folder, or any corpus: Parquet with text and lang, <lang>/*.txt."),
    ],
    *,
    output: Annotated[str, typer.Option("--output", "-o", help="Folder of audit.parquet and report.html.")],
    reference: Annotated[
        str | None, typer.Option(help="Corpus of text that is known to be in its language.")
    ] = None,
    words: Annotated[
        str | None, typer.Option(help="Word lists of common words; none: no such measurement.")
    ] = "stopwords-iso",
    languages: Annotated[str | None, typer.Option(help="Audit these only: swh_Latn,tha_Thai,…")] = None,
    sample_kb: Annotated[int, typer.Option(help="Text of each language to look at.", min=1)] = 1000,
    order: Annotated[int, typer.Option(help="Longest n-gram of code points.", min=2, max=6)] = 3,
) -> None:
    """Find corpora that are not in their language, or that are boilerplate, one site or copies.

    Example: glotmill audit corpus --output audit --reference trusted
    """
    from pathlib import Path

    from pipeline.audit_report import write_report
    from pipeline.audits import AuditSettings, audit_corpora
    from pipeline.workspace import Workspace
    from schemas.audit import AUDIT

    settings = AuditSettings(order=order, sample_bytes=1000 * sample_kb, words=words or None)
    wanted = frozenset(languages.split(",")) if languages is not None else None
    found = audit_corpora(corpora, settings, reference=reference, languages=wanted)
    Workspace(output).put_parquet("audit.parquet", AUDIT, [found.table()])
    title = ", ".join(Path(corpus).name or corpus for corpus in corpora)
    write_report(found, title, Path(output) / "report.html")
    for row in found.rows:
        if row["verdict"] != "keep":
            other = f", the text is in {row['relabel_to']}" if row["relabel_to"] else ""
            print(f"{row['lang']:<10} {row['documents']:>9,} documents  {row['finding']}{other}")
    suspicious = sum(row["verdict"] != "keep" for row in found.rows)
    print(f"{len(found.rows):,} languages, {suspicious:,} suspicious: {output}/report.html")
