"""Tools a model can call. This package imports nothing from `playground`; `built_in` lists what is here."""
