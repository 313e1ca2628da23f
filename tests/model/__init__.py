"""A plain model of the service, to hold the fake against: its rules once more, as simply as they can be said.

Written from the description of the service and of the companions, and from the
page about lives; it shares nothing with the package.
"""
