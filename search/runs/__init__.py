"""The nightly job: steps that are skipped, tried again, gone on with after a crash, and watched.

table       the steps, in their order, and when each can be skipped
records     what the database knows of runs: asked for, under way, broken off
pulse       signs of life of the process that is at it
running     takes the steps of a run, one after the other
"""
