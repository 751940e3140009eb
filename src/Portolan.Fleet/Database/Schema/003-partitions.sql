-- What a job found lies in tables of its own (host_up_7, observation_7, coverage_7): to forget a job is to drop them, and no other row is
-- touched or rewritten. A list of one job is the simplest partition that makes it so: jobs end and are forgotten one by one, in any order,
-- while partitions by time would hold rows of jobs that stay. Rows refer to no other table: a job without tables takes none.

alter table coverage rename to all_coverage;
alter index coverage_pkey rename to all_coverage_pkey;
alter table host_up rename to all_host_up;
alter index host_up_pkey rename to all_host_up_pkey;
alter index host_up_without_group rename to all_host_up_without_group;
alter table observation rename to all_observation;
alter index observation_pkey rename to all_observation_pkey;

create table coverage (like all_coverage, primary key (job, zone, is_discovery, group_number, from_position)) partition by list (job);

create table host_up (like all_host_up, primary key (job, zone, host)) partition by list (job);
create index host_up_without_group on host_up (job, zone, host) where group_number is null;

create table observation (like all_observation, primary key (job, zone, address, protocol, port)) partition by list (job);

-- Attached, rather than made as partitions: that waits for no reader or writer of other jobs.
create function make_tables_of_job(job bigint) returns void language plpgsql as $$
declare
    parent text;
begin
    foreach parent in array array['host_up', 'observation', 'coverage'] loop
        execute format('create table %I (like %I including all)', parent || '_' || job, parent);
        execute format('alter table %I attach partition %I for values in (%L)', parent, parent || '_' || job, job);
    end loop;
end
$$;

create function tables_of_job() returns trigger language plpgsql as $$
begin
    perform make_tables_of_job(new.id);
    return null;
end
$$;

create trigger tables_of_job after insert on job for each row execute function tables_of_job();

select make_tables_of_job(id) from job order by id;
insert into coverage select * from all_coverage;
insert into host_up select * from all_host_up;
insert into observation select * from all_observation;
drop table all_coverage, all_host_up, all_observation;

-- Jobs that are forgotten take their chunks with them.
create index chunk_of_job on chunk (job, zone);
