"""Our own faults. What is wrong with a steward's file is never an exception: it is a `findings.Finding`."""


class WentongError(Exception):
    """Something only an administrator can mend. Shown as one sentence without traceback; exit status 2."""


class DeclarationError(WentongError):
    """A file under include/ is wrong. The message names the file, the place in it and what to write."""


class EnvironmentProblem(WentongError):
    """The machine lacks something: a port is taken, a tool is missing, a server does not answer."""


class Unfinished(WentongError):
    """Some files could not be dealt with through a fault of ours; all others were. Raised at the end, naming them."""
