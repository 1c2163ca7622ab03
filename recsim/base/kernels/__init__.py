"""Functions of arrays that know no class: ranking, sampling, concentration."""
