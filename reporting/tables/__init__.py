"""What the pages show that mix register and verdicts, as small dataclasses over querysets. Nothing here writes."""
