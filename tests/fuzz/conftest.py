from hypothesis import settings

settings.register_profile("fuzz", deadline=None)
settings.load_profile("fuzz")
