"""Load with faults: `make soak`, or `python -m bench.soak --help`.

The site as people host it, a provider that sends at an even pace, and people who send, follow the answer to its end and
send again. Some readers are cut off and come back, some answers are stopped, some of the provider's streams break. At
the end what is stored is compared with what the provider sent and with what every reader saw.

`plan` says what becomes of an answer, `provider` and `readers` are processes of their own, `site` starts what is
measured, `run` puts them together, `check` compares, `report` tells. Needs Linux: it reads /proc.
"""
