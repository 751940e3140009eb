using Portolan.Fleet.Coordinator;
using Portolan.Fleet.Database;
using Portolan.Fleet.Jobs;
using Portolan.Model;
using Portolan.Tests.Fleet;

namespace Portolan.Kernel.Tests.Fleet;

/// <summary>Jobs are forgotten by dropping their tables; a backup of the database is a backup of the fleet.</summary>
public sealed class FleetRetentionTests : IDisposable
{
    private const string Lab =
        """
        name: retention
        vantage: { network: net, address: 198.18.255.250 }
        networks: { net: 198.18.0.0/16 }
        hosts:
          web: { addresses: 198.18.1.1-198.18.1.60, ports: [http] }
        """;

    private static readonly JobRequest Job = new(
        new JobSpec { Targets = ["198.18.1.1-60"], Tcp = "60-99", Seed = 7, SkipsDiscovery = true }, ["lan"])
    { ChunkProbes = 607 };

    private readonly string _folder = Directory.CreateTempSubdirectory("portolan-retention").FullName;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_job_is_forgotten_with_all_that_it_found_and_no_other_is_touched()
    {
        Assert.SkipWhen(FleetLab.MissingReason is not null, FleetLab.MissingReason ?? "");
        await using var fleet = await FleetLab.StartAsync(Lab);
        var retention = new JobRetention(fleet.Database);
        fleet.StartCoordinator();
        using var gate = new FleetFaultTests.Gate(1000);
        fleet.StartAgent("one", scope: FleetLab.Everything(256), around: gate.Around);
        var old = (await fleet.FinishAsync(await fleet.Jobs.CreateAsync(Job, Token))).Id;
        var discovered = (await fleet.FinishAsync(await fleet.Jobs.CreateAsync(
            Job with { Spec = new JobSpec { Targets = ["198.18.1.1-64"], Tcp = "80", Seed = 3 } }, Token))).Id;
        gate.Close();
        gate.Let(1);
        var other = await fleet.Jobs.CreateAsync(Job, Token);
        await fleet.UntilAsync(
            async () => await fleet.CountAsync("select count(*) from coverage where job = $1", other) > 0, "the other job is at work");
        var running = await Assert.ThrowsAsync<PortolanException>(() => retention.ForgetAsync(other, Token));
        Assert.Equal(($"job {other} is running", $"portolan fleet cancel {other} ends it"), (running.Message, running.Hint?.ToString()));
        var files = await FilesAsync(fleet, other);

        Assert.True(await retention.ForgetAsync(old, Token));
        Assert.True(await retention.ForgetAsync(discovered, Token));
        Assert.False(await retention.ForgetAsync(old, Token));
        Assert.Equal(files, await FilesAsync(fleet, other));
        gate.Let(1000);
        await FleetFaultTests.CheckAsync(fleet, await fleet.FinishAsync(other));
        Assert.Null(await fleet.Jobs.ReadAsync(old, Token));
        Assert.Equal("", await FilesAsync(fleet, old));
        Assert.Equal("", await FilesAsync(fleet, discovered));
        foreach (var table in new[] { "job", "vantage", "chunk", "probe_group", "coverage", "host_up", "observation" })
        {
            var column = table == "job" ? "id" : "job";
            Assert.Equal(0, await fleet.CountAsync($"select count(*) from {table} where {column} in ($1, $2)", old, discovered));
        }
    }

    [Fact]
    public async Task What_is_old_is_found_by_when_it_ended()
    {
        Assert.SkipWhen(FleetLab.MissingReason is not null, FleetLab.MissingReason ?? "");
        await using var fleet = await FleetLab.StartAsync(Lab);
        var retention = new JobRetention(fleet.Database);
        var jobs = new List<long>();
        for (var i = 0; i < 3; i++)
        {
            jobs.Add(await fleet.Jobs.CreateAsync(Job, Token));
        }

        await fleet.ChangeAsync("update job set state = 2, ended_at = now() - interval '91 days' where id = $1", jobs[0]);
        await fleet.ChangeAsync("update job set state = 1, ended_at = now() - interval '89 days' where id = $1", jobs[1]);
        await fleet.ChangeAsync("update job set created_at = now() - interval '1 year' where id = $1", jobs[2]);
        Assert.Equal([jobs[0]], await retention.OlderAsync(TimeSpan.FromDays(90), Token));
        Assert.Equal([jobs[0], jobs[1]], await retention.OlderAsync(TimeSpan.FromDays(1), Token));
    }

    [Fact]
    public async Task A_reader_is_waited_for_while_other_jobs_are_stored_and_what_was_interrupted_is_finished()
    {
        Assert.SkipWhen(FleetLab.MissingReason is not null, FleetLab.MissingReason ?? "");
        await using var fleet = await FleetLab.StartAsync(Lab);
        var retention = new JobRetention(fleet.Database);
        fleet.StartCoordinator();
        fleet.StartAgent("one");
        var old = (await fleet.FinishAsync(await fleet.Jobs.CreateAsync(Job, Token))).Id;
        var next = (await fleet.FinishAsync(await fleet.Jobs.CreateAsync(Job, Token))).Id;
        await using var reader = await fleet.Database.ConnectAsync(Token);
        await using var transaction = await reader.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, Token);
        Assert.Equal(60, await reader.ValueAsync<long>("select count(*) from observation where job = $1", Token, old));
        await reader.ValueAsync<long>("select count(*) from host_up where job = $1", Token, old);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var forgetting = retention.ForgetAsync(old, stop.Token);
        await fleet.UntilAsync(
            async () => await fleet.CountAsync("select count(*) from pg_inherits where inhdetachpending") == 1, "it waits for the reader");
        await FleetFaultTests.CheckAsync(fleet, await fleet.FinishAsync(await fleet.Jobs.CreateAsync(Job, Token)));
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => forgetting);
        Assert.Equal(60, await reader.ValueAsync<long>("select count(*) from observation where job = $1", Token, old));
        await transaction.RollbackAsync(Token);

        // Another job's table, which the first left half detached, is no obstacle.
        Assert.True(await retention.ForgetAsync(next, Token));
        Assert.True(await retention.ForgetAsync(old, Token));
        Assert.Equal(0, await fleet.CountAsync("select count(*) from observation where job in ($1, $2)", old, next));
        Assert.Equal(0, await fleet.CountAsync("select count(*) from pg_inherits where inhdetachpending"));
    }

    [Fact]
    public async Task Rows_of_the_schema_before_are_still_there_and_are_forgotten_in_the_same_way()
    {
        Assert.SkipWhen(PostgresServer.MissingReason is not null, PostgresServer.MissingReason ?? "");
        var postgres = await PostgresServer.SharedAsync();
        var made = await postgres.NewDatabaseAsync();
        postgres.Query(made, "create table schema_version (version integer primary key, applied_at timestamptz not null default now())");
        foreach (var (version, name) in new[] { (1, "001-jobs.sql"), (2, "002-invitations.sql") })
        {
            await using var script = typeof(FleetDatabase).Assembly.GetManifestResourceStream($"schema/{name}")!;
            using var text = new StreamReader(script);
            postgres.Query(made, await text.ReadToEndAsync(Token));
            postgres.Query(made, $"insert into schema_version values ({version})");
        }

        postgres.Query(made, $"""
            insert into job (spec, state, prefix_rate, chunk_probes, hosts, ports, ended_at)
                select '\x{Convert.ToHexString(Job.Spec.ToBytes())}', 1, 1, 1, 60, 40, now() from generate_series(1, 3);
            insert into vantage (job, zone, is_done) select id, 'lan', true from job;
            insert into chunk (job, zone, is_discovery, from_position, to_position, checkpoint, state)
                select id, 'lan', false, 0, 2400, 2400, 3 from job;
            insert into coverage (job, zone, is_discovery, group_number, from_position, to_position, codes, not_probed, out_of_scope, agent)
                select id, 'lan', false, 0, p, p + 1, '\x00', 0, 0, 'one' from job, generate_series(0, 2399) as p;
            insert into host_up (job, zone, host, address, reason, ttl)
                select id, 'lan', h, '198.18.1.0'::inet + h, 1, 64 from job, generate_series(1, 60) as h;
            insert into observation (job, zone, address, protocol, port, state, reason, ttl, evidence, found_at, agent)
                select id, 'lan', '198.18.1.0'::inet + h, 6, 80, 1, 1, 64, 1, now(), 'one' from job, generate_series(1, 60) as h
            """);
        const string Counts =
            """
            select job, count(*), (select count(*) from host_up h where h.job = c.job),
                (select count(*) from observation o where o.job = c.job)
            from coverage c group by job order by job
            """;
        var before = postgres.Query(made, Counts);
        await using var database = FleetDatabase.Open(made.ConnectionString);
        Assert.Contains(
            $"needs {FleetDatabase.NewestSchema}",
            (await Assert.ThrowsAsync<PortolanException>(() => database.CheckSchemaAsync(Token))).Message, StringComparison.Ordinal);
        Assert.Equal((2, FleetDatabase.NewestSchema), await database.MigrateAsync(Token));
        Assert.Equal(before, postgres.Query(made, Counts));
        Assert.Equal("2400|60|60", postgres.Query(
            made, "select (select count(*) from coverage_2), (select count(*) from host_up_2), (select count(*) from observation_2)"));
        var job = await new JobTable(database).ReadAsync(2, Token);
        Assert.Equal((2400L, 60L), (job!.Vantages[0].PortsStored, job.Vantages[0].Open));

        Assert.True(await new JobRetention(database).ForgetAsync(2, Token));
        var left = before.Split('\n').Where(static l => !l.StartsWith("2|", StringComparison.Ordinal));
        Assert.Equal(string.Join('\n', left), postgres.Query(made, Counts));
        Assert.Equal(4, await new JobTable(database).CreateAsync(Job, Token));
        Assert.Equal("0", postgres.Query(made, "select count(*) from observation_4"));
    }

    [Fact]
    public async Task A_row_of_a_job_that_was_forgotten_has_no_place()
    {
        Assert.SkipWhen(FleetLab.MissingReason is not null, FleetLab.MissingReason ?? "");
        await using var fleet = await FleetLab.StartAsync(Lab);
        var refused = await Assert.ThrowsAsync<Npgsql.PostgresException>(() => fleet.ChangeAsync(
            """
            insert into coverage (job, zone, is_discovery, group_number, from_position, to_position, codes, not_probed, out_of_scope, agent)
            values (77, 'lan', false, 0, 0, 1, '\x00', 0, 0, 'one')
            """));
        Assert.Equal(Npgsql.PostgresErrorCodes.CheckViolation, refused.SqlState);
    }

    [Fact]
    public async Task A_backup_in_mid_job_continues_in_a_new_database_with_an_empty_broker()
    {
        Assert.SkipWhen(FleetLab.MissingReason is not null, FleetLab.MissingReason ?? "");
        var file = Path.Combine(_folder, "fleet.dump");
        var restored = await (await PostgresServer.SharedAsync()).NewDatabaseAsync();
        long id;
        await using (var lost = await FleetLab.StartAsync(Lab))
        {
            using var gate = new FleetFaultTests.Gate(3);
            lost.StartCoordinator();
            lost.StartAgent("one", scope: FleetLab.Everything(256), around: gate.Around);
            id = await lost.Jobs.CreateAsync(Job, Token);
            await StoredAsync(lost, id, 607);
            lost.Postgres.Dump(lost.Made, file);

            // The fleet goes on for a while, and all of it is lost.
            gate.Let(2);
            await StoredAsync(lost, id, 1000);
        }

        (await PostgresServer.SharedAsync()).Restore(file, restored);
        await using var fleet = await FleetLab.StartAsync(Lab, existing: restored);
        Assert.InRange(await StoredAsync(fleet), 607, 999);
        Assert.True(await fleet.CountAsync("select count(*) from chunk where state in (1, 2)") > 0);
        fleet.StartCoordinator();
        fleet.StartAgent("two");
        await FleetFaultTests.CheckAsync(fleet, await fleet.FinishAsync(id));

        // Numbers go on where the backup ends.
        Assert.Equal(id + 1, await fleet.Jobs.CreateAsync(Job, Token));
        await FleetFaultTests.CheckAsync(fleet, await fleet.FinishAsync(id + 1));
    }

    private static async Task<long> StoredAsync(FleetLab fleet) =>
        await fleet.CountAsync("select coalesce(sum(to_position - from_position), 0)::bigint from coverage");

    private static Task StoredAsync(FleetLab fleet, long job, long positions) => fleet.UntilAsync(
        async () => await fleet.CountAsync(
            "select coalesce(sum(to_position - from_position), 0)::bigint from coverage where job = $1", job) >= positions,
        "so much is stored");

    // A table that was rewritten has another file.
    private static async Task<string> FilesAsync(FleetLab fleet, long job)
    {
        await using var connection = await fleet.Database.ConnectAsync(Token);
        return string.Join(' ', await connection.RowsAsync(
            "select relfilenode::bigint from pg_class where relname = any($1) order by relname", static row => row.GetInt64(0), Token,
            (object)new[] { $"host_up_{job}", $"observation_{job}", $"coverage_{job}" }));
    }
}
