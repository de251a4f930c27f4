"""A customer's whole way, in a real Chromium; pictures of it are in docs/journey.

`make journey` fetches what nobody here wrote and nobody needs for anything else: an OAuth server
(`oidc-provider-mock` of PyPI) and axe-core, which judges pages by WCAG.
"""
