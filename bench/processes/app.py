# Fifty turns a second: garbage, a cache with a bound and, of the leaky one, so many bytes that are kept.
import random
import sys
import time

leak = int(sys.argv[1])
kept = []
cache = {}
while True:
    for i in range(20):
        garbage = bytearray(500 + random.randrange(20_000))
        if i == 0:
            cache[random.randrange(1000)] = garbage
    if leak > 0:
        kept.append(bytearray(leak))
    time.sleep(0.02)
