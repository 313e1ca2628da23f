"""Requests that change something: rejected ones, any order of them, and the builds that they submit."""
