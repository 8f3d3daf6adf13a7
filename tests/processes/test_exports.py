"""An export whose process is killed in the middle of it: nobody takes it for a whole one, and nothing of it is left."""

import http.client
import io
import zipfile
from pathlib import Path

import pytest

from tests.processes.alone import Alone
from tests.processes.waiting import until
from tests.programs.cluster import Cluster
from tests.programs.serve import Serve

CHATS = 20  # of which more is to come than any buffer between takes
BEGINNING = 500_000  # bytes
FILL = f"""
import secrets
from django.contrib.auth.models import User
from conversations.models import Conversation, Message
ada = User.objects.get(username="ada")
for number in range({CHATS}):
    answer = Conversation.begin(ada, text="Hi", model="m")
    Message.objects.filter(pk=answer.pk).update(status="complete", text=secrets.token_hex(1_000_000), lease_until=None)
"""
IN_TRANSACTION = "SELECT 1 FROM pg_stat_activity WHERE application_name <> 'tests' AND xact_start IS NOT NULL"


class OnSQLite(Alone):
    def is_free(self) -> bool:
        """Whether nobody writes and nobody reads: else a checkpoint could not begin the log anew."""
        return self.rows("PRAGMA wal_checkpoint(TRUNCATE)")[0][0] == 0


class OnPostgreSQL(Cluster):
    def __init__(self, **settings: str) -> None:
        super().__init__(1, redis=False, **settings)

    @property
    def serve(self) -> Serve:
        return self.serves[0]

    def is_free(self) -> bool:
        """Whether no transaction is open."""
        return self.rows(IN_TRANSACTION) == []


@pytest.mark.fault(49)
@pytest.mark.parametrize("kind", [OnSQLite, pytest.param(OnPostgreSQL, marks=pytest.mark.postgresql)])
def test_export_of_a_killed_process_is_no_zip_and_the_next_one_is_whole(
    kind: type[OnSQLite | OnPostgreSQL], tmp_path: Path
):
    with kind(TMPDIR=str(tmp_path)) as site:
        ada = site.person()
        site.serve.run(FILL)
        download = ada.follow("/export/", "POST")
        beginning = download.read(BEGINNING)
        until(site.is_free)  # the server waits for its reader, and holds nothing meanwhile

        site.serve.kill()
        with pytest.raises(http.client.IncompleteRead) as cut:
            download.read()
        download.close()
        until(site.is_free)
        left = list(tmp_path.iterdir())
        site.serve.restart()
        whole = ada.post("/export/")

        assert (download.status, len(beginning)) == (200, BEGINNING)
        assert not zipfile.is_zipfile(io.BytesIO(beginning + cut.value.partial))
        assert left == []
        with zipfile.ZipFile(io.BytesIO(whole.body)) as zipped:
            assert zipped.testzip() is None
            assert len(zipped.namelist()) == 2 * CHATS + 1
