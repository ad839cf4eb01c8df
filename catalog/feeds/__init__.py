"""Catalogue files (CSV, JSON lines, ZIP with pictures) read into products.

source      a file on disk -> its catalogue text, its pictures, its shop
text        bytes -> text, whatever program wrote them
records     text -> one record a line, columns by name
values      a cell -> a typed value
rows        a record -> a row that the database will take, or every reason why not
addresses   pictures that rows name by their address on the web
loading     rows and pictures -> products, batch by batch
rejections  what was not taken, as a file to correct and import again
"""
