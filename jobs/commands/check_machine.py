"""Commands about this machine."""

from jobs.commands import app


@app.command()
def doctor() -> None:
    """Say which Java, Spark, Python, fastText, KenLM and models are found, and what is missing.

    Example: glotmill doctor
    """
    from pipeline.doctor import diagnose, printable

    findings = diagnose()
    print(printable(findings))
    if any(finding.level == "error" for finding in findings):
        raise SystemExit(1)
