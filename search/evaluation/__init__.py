"""Offline quality: ways of finding similar items, compared by the catalogue's own labels.

catalogue   the published products, the sample of them that is asked for, and its two halves
labels      what says which products are alike: fields, attributes, or columns of a file
vectors     the vectors of each system, served ones and baselines
lists       the nearest neighbours in those, and the file they are written to
comparison  one system after the other, measured
records     what was measured, as rows
nightly     what is measured after every reindex
"""
