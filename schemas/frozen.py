"""The base of every model: it cannot be changed once it is read."""

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    """A model whose fields cannot be assigned."""

    model_config = ConfigDict(frozen=True)
