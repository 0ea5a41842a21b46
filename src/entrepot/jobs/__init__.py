"""Jobs: what Entrepot does by itself, and when. Each job calls one action."""

from entrepot.jobs.outside import run_outside
from entrepot.jobs.timetable import run_jobs

__all__ = ["run_jobs", "run_outside"]
