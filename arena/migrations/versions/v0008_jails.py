"""What kept a program in is proved without a list, which SQLite made anew for every row. Frozen: it says what was."""

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    one_of_them = "kept = 'bubblewrap' OR kept = 'landlock' OR kept = 'trusted'"
    op.execute(f"ALTER TABLE seats ADD COLUMN kept TEXT CHECK ({one_of_them})")
    op.execute("UPDATE seats SET kept = jail WHERE jail IS NOT NULL")
    op.execute("ALTER TABLE seats DROP COLUMN jail")
    op.execute("ALTER TABLE seats RENAME COLUMN kept TO jail")
