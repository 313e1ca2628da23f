"""A simple model of Copr, with which the fake is compared.

It follows the documentation of Copr's endpoints and of the lifecycles, and shares no code with the package.
"""
