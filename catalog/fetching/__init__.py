"""Pictures fetched from addresses that strangers wrote, without becoming the strangers' messenger.

networks   which numbers are public hosts
hosts      which hosts are asked at all: PICTURE_HOSTS
targets    an address -> host, port and path, or why not
limits     how much and how long
wire       a connection to exactly the number that was looked at, whose waits end
exchange   one question, one answer
download   an address -> a picture's bytes, with redirects and conditional questions
"""
