"""Other people's pipelines: one module a library, read by nobody but its users.

Each is named for what it brings, so that none can stand in for the library's own module, and takes that
library from its user's environment; the extra `pipelines` lists versions that the tests have seen.
"""
