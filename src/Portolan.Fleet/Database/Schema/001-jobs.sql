-- Everything that a fleet knows. Times are the database's own: no clock of a coordinator or an agent decides anything.

create table agent (
    name text primary key,
    zone text not null,
    program text not null default '',
    mode text not null default '',
    scope text not null default '',
    max_rate double precision,
    is_draining boolean not null default false,
    first_seen timestamptz not null default now(),
    last_seen timestamptz not null default now()
);

create table job (
    id bigint generated always as identity primary key,
    spec bytea not null,
    state smallint not null default 0,
    rate double precision,
    prefix_rate double precision not null,
    chunk_probes bigint not null,
    hosts bigint not null,
    ports integer not null,
    created_at timestamptz not null default now(),
    ended_at timestamptz
);

-- A job at one zone. hosts_cut: positions of the order of hosts that are in chunks (or groups, without discovery) already.
create table vantage (
    job bigint not null references job on delete cascade,
    zone text not null,
    hosts_cut bigint not null default 0,
    groups integer not null default 0,
    is_done boolean not null default false,
    sent bigint not null default 0,
    retries bigint not null default 0,
    not_sent bigint not null default 0,
    replies bigint not null default 0,
    repeated bigint not null default 0,
    loss_weight double precision not null default 0,
    loss_sum double precision not null default 0,
    miss_bound double precision,
    primary key (job, zone)
);

-- Hosts whose ports are probed together. hosts is null where they are a stretch of the order of hosts.
create table probe_group (
    job bigint not null,
    zone text not null,
    number integer not null,
    hosts bytea,
    first_host bigint not null default 0,
    host_count integer not null,
    probes bigint not null,
    cut bigint not null default 0,
    primary key (job, zone, number),
    foreign key (job, zone) references vantage on delete cascade
);

-- Positions [from_position, to_position); those before checkpoint are stored. state: 0 to be published, 1 in the queue, 2 leased, 3 done, 4 given up.
create table chunk (
    id bigint generated always as identity primary key,
    job bigint not null,
    zone text not null,
    is_discovery boolean not null,
    group_number integer not null default 0,
    from_position bigint not null,
    to_position bigint not null,
    checkpoint bigint not null,
    attempt integer not null default 0,
    agent text,
    share integer not null default 0,
    lease_until timestamptz,
    state smallint not null default 0,
    queued_at timestamptz,
    foreign key (job, zone) references vantage on delete cascade
);
create index chunk_open on chunk (job, zone, state) where state < 3;

-- One byte for each position (state and reason), compressed: closed ports are here, and nowhere else.
create table coverage (
    job bigint not null,
    zone text not null,
    is_discovery boolean not null,
    group_number integer not null,
    from_position bigint not null,
    to_position bigint not null,
    codes bytea not null,
    not_probed integer not null,
    out_of_scope integer not null,
    agent text not null,
    primary key (job, zone, is_discovery, group_number, from_position),
    foreign key (job, zone) references vantage on delete cascade
);

create table host_up (
    job bigint not null,
    zone text not null,
    host bigint not null,
    address inet not null,
    reason smallint not null,
    ttl smallint not null,
    mac text,
    group_number integer,
    primary key (job, zone, host),
    foreign key (job, zone) references vantage on delete cascade
);
create index host_up_without_group on host_up (job, zone, host) where group_number is null;

create table observation (
    job bigint not null,
    zone text not null,
    address inet not null,
    protocol smallint not null,
    port integer not null,
    state smallint not null,
    reason smallint not null,
    ttl smallint not null,
    evidence smallint not null,
    reason_address inet,
    found_at timestamptz not null,
    agent text not null,
    primary key (job, zone, address, protocol, port),
    foreign key (job, zone) references vantage on delete cascade
);

-- Batches that were refused, and why: a superseded attempt, or an agent that says what it may not.
create table refusal (
    id bigint generated always as identity primary key,
    at timestamptz not null default now(),
    agent text not null,
    job bigint,
    chunk bigint,
    reason text not null
);
