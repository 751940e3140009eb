-- The next chunk is cut from the first group that is not cut to its end: among a million groups, without a look at those that are.
create index probe_group_open on probe_group (job, zone, number) where cut < probes;
