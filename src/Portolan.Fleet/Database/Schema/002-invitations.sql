-- Invitations of agents. The secret is the broker's: the password of the user that asks to join.
create table invitation (
    name text primary key,
    zone text not null,
    guest text not null,
    made_at timestamptz not null default now(),
    expires_at timestamptz not null,
    used_at timestamptz
);
