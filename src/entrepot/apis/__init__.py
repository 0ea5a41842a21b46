"""Doors for programs: each speaks one language and holds no SQL and no rules of the business."""
