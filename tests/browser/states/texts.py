"""What is asked and answered in the states."""

QUESTION = "Our nightly backup takes four hours. How would you find out why, and what would you try first?"
FORMULAS = "How long will it take next month?"
THOUGHTS = "They want a diagnosis before a cure. Four hours suggests one slow thing: I/O, the network, or many files."
ANSWER = """\
Measure before you change anything: four hours usually has **one** cause, and it is rarely the one people suspect.

## Find out where the time goes

1. Note the start and the end of each phase: *scan*, *compress*, *send*.
2. Watch the disk and the network while it runs.
3. Compare with a plain copy of the same data.

| Phase | Last night | Share |
|:--|--:|:-:|
| Scan for changes | 2 h 48 min | 70 % |
| Compress | 31 min | 13 % |
| Send | 41 min | 17 % |

Here the **scan** is what hurts: it reads every file to see whether it changed. This shows it in a minute:

```python
import time
from pathlib import Path


def scan(folder: Path) -> tuple[int, float]:
    \"\"\"How many files there are, and how long it takes to ask for their sizes.\"\"\"
    start = time.monotonic()
    count = sum(1 for file in folder.rglob("*") if file.stat().st_size >= 0)
    return count, time.monotonic() - start


print(scan(Path("/srv/data")))  # 4,812,335 files in 9,911 s
```

### What I would try first

- [x] Exclude caches and build folders
- [ ] Let the file system tell what changed, with [snapshots](https://openzfs.org/wiki/Main_Page)
- [ ] Only then look at compression

> A backup nobody has restored is a hope, not a backup. Try one restore this week.
"""
FORMULAS_AND_CODE = r"""
The backup grows by a share $q$ each night, so after $n$ nights it takes

$$
t_n = t_0 \sum_{k=0}^{n-1} q^k = t_0 \, \frac{1 - q^n}{1 - q} \qquad (q \neq 1) \tag{1}
$$

and with the limits of the disk

\[
\begin{aligned}
v(n) &= \begin{cases} n \cdot 180 & \text{if } n < 30 \\ 5400 & \text{otherwise} \end{cases} \\
\int_0^{30} v(x) \, dx &= \left. 90 x^2 \right|_0^{30} = \boxed{81\,000}
\end{aligned}
\]

```python
""" + "".join(f"TIMES[{night}] = {168 + 3 * night}\n" for night in range(1, 41))
