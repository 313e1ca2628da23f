"""Copr's API: maps one request to one response, without I/O.

To follow a request, or to add an endpoint:

1. ``wire/routes.py`` names the endpoint after its path (``EndpointName``) and lists its paths and methods (``ROUTES``).
2. ``handlers.py`` maps the name to a handler. ``dispatch.py`` calls it, applies faults and masks, and logs the request.
3. A handler is a function in the module of its resource, called after the first part of the path: ``build_chroots``,
   ``builds``, ``projects``, ``monitor``, ``mock_chroots``; ``general`` has the others. It takes a ``RequestContext``
   and returns a ``Success``, or raises an ``ApiError``. The errors come in Copr's order of precedence: paging
   arguments, missing arguments, build, chroot.
4. Below the handlers, the same module renders the resource, with the keys in Copr's order.
5. ``models.py`` lists the fields of the response, if Copr's source has a model for it, so that masks apply.

Handlers share ``context`` (arguments, build lookup), ``paging``, ``authentication`` and ``rendering``.
"""
