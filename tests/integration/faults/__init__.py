"""Faults: killed processes, lost answers, full disks. What was promised stands, once."""
