"""Jobs: what Entrepot does by itself, and when. Each job calls one action."""

from entrepot.jobs.timetable import run_jobs

__all__ = ["run_jobs"]
