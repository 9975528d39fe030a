from hypothesis import settings

# A busy machine is no bug: no example has a time limit of its own.
settings.register_profile("steady", deadline=None)
settings.load_profile("steady")
