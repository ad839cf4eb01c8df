"""A catalogue to look at before one has one's own.

stamps     photo stickers of Tux Paint -> items, by what their files are called
debian     their package, fetched and read without installing it
drawings   what this project draws itself where that is not possible
packing    items -> a ZIP that import_catalog takes
"""
