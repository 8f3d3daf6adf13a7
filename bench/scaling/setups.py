"""The site as it grows: one process on SQLite, one on PostgreSQL, then two behind nginx, with Redis."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial

from bench.machine import spent
from bench.streams.targets import Site, site, site_settings
from tests.programs.cluster import Cluster
from tests.programs.serve import family, resident


class Shared(Site):
    """Processes of the site on one PostgreSQL; people come to nginx where it is there, else to the first process."""

    def __init__(self, cluster: Cluster) -> None:
        super().__init__(cluster.serves[0])
        self._cluster = cluster
        self.url = cluster.nginx.url if cluster.nginx else cluster.serves[0].url

    def parts(self) -> dict[str, float]:
        here = self._cluster
        beside = {"PostgreSQL": here.postgresql, "Redis": here.redis, "nginx": here.nginx}
        return {
            "site": sum(spent(pid) for serve in here.serves for pid in family(serve.program.pid)),
            **{name: sum(map(spent, family(program.pid))) for name, program in beside.items() if program},
        }

    def memory(self) -> int:
        """Of the site's processes."""
        return sum(resident(pid) for serve in self._cluster.serves for pid in family(serve.program.pid))

    def rows(self, question: str) -> list[tuple[object, ...]]:
        return self._cluster.rows(question)


@contextmanager
def shared(provider: str, *, count: int) -> Iterator[Shared]:
    is_many = count > 1
    with Cluster(count, redis=is_many, nginx=is_many, **site_settings(provider)) as cluster:
        yield Shared(cluster)


SETUPS: dict[str, Callable[[str], AbstractContextManager[Site]]] = {
    "SQLite": site,
    "PostgreSQL": partial(shared, count=1),
    "two processes": partial(shared, count=2),
}
