"""The two families of error, drawn once: they decide everything that is not an answer of Mixpanel's.

ImporterError
├── Transient                 leaves the handler as a 503, so that the chunk is delivered again
│   ├── Busy                  another owner holds a live lease
│   ├── DeadlineReached       the invocation's time is up; the checkpoint stands
│   ├── LeaseLost             another owner, or a newer generation, has taken the chunk
│   ├── CredentialsRefused    Mixpanel refuses who we are, or answers what nothing prepared us for
│   ├── ProjectRefused        Mixpanel refuses whatever this project is sent
│   ├── ConfigRefused         the environment can't be used
│   ├── PreconditionFailed    a conditional write found another generation
│   └── StorageUnavailable    the bucket didn't answer in time
└── Terminal                  ends in the ledger, and is acknowledged
    ├── NotImportable         what the object holds can't be imported, or not from here on
    ├── ObjectGone            this generation of the object is no more
    └── UnreadableState       a ledger entry or manifest of another version, or damaged

What Mixpanel answers to a batch is a value (`mixpanel.Answer`), never one of these.
"""


class ImporterError(Exception):
    """Everything that is raised here on purpose."""


class Transient(ImporterError):  # noqa: N818 (the family's name is its meaning)
    """May pass: delivered again."""


class Busy(Transient):
    pass


class DeadlineReached(Transient):
    pass


class LeaseLost(Transient):
    pass


class CredentialsRefused(Transient):
    pass


class ProjectRefused(Transient):
    pass


class ConfigRefused(Transient):
    """Names the variable, the shape of its value (never the value) and what is allowed."""

    def __init__(self, variable: str, shape: str, allowed: str) -> None:
        super().__init__(f"{variable} is {shape}; allowed is {allowed}")
        self.variable, self.shape, self.allowed = variable, shape, allowed


class PreconditionFailed(Transient):
    pass


class StorageUnavailable(Transient):
    pass


class Terminal(ImporterError):  # noqa: N818 (the family's name is its meaning)
    """Will never pass: recorded and acknowledged."""


class NotImportable(Terminal):
    """`offset` is the byte of the object up to which everything was read as records."""

    def __init__(self, reason: str, message: str, offset: int) -> None:
        super().__init__(message)
        self.reason, self.offset = reason, offset


class ObjectGone(Terminal):
    pass


class UnreadableState(Terminal):
    pass
