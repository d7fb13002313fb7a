"""Programs play: who is trusted, what kept in those who played, whose faults are forgiven. Frozen: it says what was."""

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.execute("ALTER TABLE agents ADD COLUMN trusted INTEGER DEFAULT 0 NOT NULL CHECK (trusted IN (0, 1))")
    op.execute("ALTER TABLE agents ADD COLUMN forgiven INTEGER DEFAULT 0 NOT NULL CHECK (forgiven >= 0)")
    op.execute("ALTER TABLE seats ADD COLUMN jail TEXT CHECK (jail IN ('bubblewrap', 'landlock', 'trusted'))")
