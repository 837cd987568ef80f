"""Doctor: what is not as it should be in a space, and what can be done about it."""

from orgpost.doctor.alone import examine_files
from orgpost.doctor.examination import Options, examine, prune, restore
from orgpost.doctor.finding import Finding, Findings

__all__ = ["Finding", "Findings", "Options", "examine", "examine_files", "prune", "restore"]
