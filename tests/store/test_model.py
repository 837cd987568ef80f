"""Hypothesis drives programs, a dying machine and a person against a model of two files."""

from __future__ import annotations
