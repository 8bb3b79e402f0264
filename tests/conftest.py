"""Settings of hypothesis: how long an example takes says nothing on a machine that others use too."""

from hypothesis import settings

settings.register_profile("shardbox", deadline=None)
settings.load_profile("shardbox")
