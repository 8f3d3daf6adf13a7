"""How much is read of what somebody hands in. What is beyond is refused, with the reason.

Messages, answers and system prompts may be as long as those that are written here: see conversations/text.py."""

from datetime import UTC, datetime, timedelta

FILE_BYTES = 100_000_000  # of a file, as it is handed in
UNPACKED_BYTES = 500_000_000  # of all that is packed in a ZIP, counted while it is unpacked
LIST_BYTES = 40_000_000  # of the list with which a ZIP ends; it is read as a whole
LISTED = 120_000  # entries of it: for each chat that this site exports there are two
PARTS = 50_000  # in a ZIP, of those that are read
ENTRY_CHARACTERS = 32_000_000  # of JSON, for one conversation
VALUES = 1_000_000  # in it: they cost a hundred times what is written of them
DEPTH = 1000  # of lists and mappings in each other; a parser may follow less far
ENTRIES = 50_000  # conversations of one file
MESSAGES = 20_000  # of a conversation
OWN_ANSWER_BYTES = 10_000_000  # of one that was made here, and continued again and again
NAME_CHARACTERS = 200  # of a model's, and of a title
SOURCE_ID_CHARACTERS = 200
SECONDS = 600.0  # for a whole file, without what is done with it

EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
AHEAD = timedelta(days=1)  # of our clock may another one be
