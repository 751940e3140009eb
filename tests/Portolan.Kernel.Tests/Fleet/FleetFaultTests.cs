using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using Portolan.Fleet.Agent;
using Portolan.Fleet.Broker;
using Portolan.Fleet.Coordinator;
using Portolan.Fleet.Jobs;
using Portolan.Fleet.Messages;
using Portolan.Model;
using Portolan.Scan.Engine;
using Portolan.Scan.Results;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace Portolan.Kernel.Tests.Fleet;

/// <summary>Whatever fails in the middle of a job, nothing is lost and nothing counts twice: the whole is compared with the lab.</summary>
public sealed class FleetFaultTests
{
    private const string Lab =
        """
        name: fleet
        vantage: { network: net, address: 198.18.255.250 }
        networks: { net: 198.18.0.0/16 }
        hosts:
          web: { addresses: 198.18.1.1-198.18.1.60, ports: [http] }
        """;

    private const int Hosts = 60;
    private const int Ports = 40;

    // Pieces of 256 probes.
    private static readonly AgentScope Slow = FleetLab.Everything(256);

    private static readonly bool IsLong = !string.IsNullOrEmpty(Environment.GetEnvironmentVariable("PORTOLAN_LONG"));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static JobRequest Job(long chunkProbes = 607) => new(
        new JobSpec { Targets = ["198.18.1.1-60"], Tcp = "60-99", Seed = 7, SkipsDiscovery = true }, ["lan"])
    {
        ChunkProbes = chunkProbes,
    };

    [Fact]
    public async Task An_agent_dies_in_mid_chunk_and_another_goes_on_from_the_checkpoint()
    {
        Assert.SkipWhen(FleetLab.MissingReason is not null, FleetLab.MissingReason ?? "");
        await using var fleet = await FleetLab.StartAsync(Lab);
        using var cable = new Cable(fleet.Rabbit.AmqpPort);
        using var gate = new Gate(1);
        fleet.StartCoordinator();
        fleet.StartAgent("one", scope: Slow, around: gate.Around, cable: cable);
        var id = await fleet.Jobs.CreateAsync(Job(chunkProbes: 1201), Token);
        await StoredAsync(fleet, id, 256);

        // The second batch gets through, and the agent never hears of it.
        cable.FreezeReplies();
        gate.Let(1);
        await StoredAsync(fleet, id, 512);
        cable.Cut();
        gate.Let(1000);
        await fleet.EndAsync("one");
        fleet.StartAgent("two", scope: Slow);
        await CheckAsync(fleet, await fleet.FinishAsync(id));
        Assert.Equal(512, await fleet.CountAsync(
            "select sum(to_position - from_position)::bigint from coverage where job = $1 and agent = 'one'", id));
        Assert.Equal(2, await fleet.CountAsync("select max(attempt)::bigint from chunk where job = $1", id));
    }

    [Fact]
    public async Task Cut_off_from_the_broker_an_agent_stops_before_its_lease_is_over()
    {
        Assert.SkipWhen(FleetLab.MissingReason is not null, FleetLab.MissingReason ?? "");
        await using var fleet = await FleetLab.StartAsync(Lab);
        using var cable = new Cable(fleet.Rabbit.AmqpPort);
        var prober = new EndlessProber();
        fleet.StartCoordinator();
        fleet.StartAgent("one", around: (_, _) => (_, _) => prober, cable: cable);
        var id = await fleet.Jobs.CreateAsync(Job(chunkProbes: 100_000), Token);
        await fleet.UntilAsync(() => Task.FromResult(prober.Last != default), "the agent probes");
        cable.Freeze();
        var until = default(DateTimeOffset);
        await fleet.UntilAsync(
            async () =>
            {
                await using var connection = await fleet.Database.ConnectAsync(Token);
                await using var command = connection.CreateCommand();
                command.CommandText = "select lease_until from chunk where state = 2 and agent = 'one'";
                if (await command.ExecuteScalarAsync(Token) is not DateTime lease)
                {
                    return true;
                }

                until = lease;
                return false;
            },
            "the lease is over");
        Assert.True(prober.HasStopped);
        Assert.InRange(until - prober.Last, TimeSpan.FromMilliseconds(1), fleet.Timing.Lease);
        fleet.StartAgent("two");
        await CheckAsync(fleet, await fleet.FinishAsync(id));
        Assert.Equal(1, await fleet.CountAsync("select count(distinct agent) from coverage where job = $1 and agent = 'two'", id));
        cable.Cut();
    }

    [Fact]
    public async Task Bad_batches_are_refused_and_written_down()
    {
        Assert.SkipWhen(FleetLab.MissingReason is not null, FleetLab.MissingReason ?? "");
        await using var fleet = await FleetLab.StartAsync(Lab);
        fleet.StartCoordinator();
        fleet.MakeUser("liar");
        var id = await fleet.Jobs.CreateAsync(Job(), Token);
        await fleet.UntilAsync(
            async () => await fleet.CountAsync("select count(*) from chunk where job = $1", id) > 3, "the job is cut");
        var chunk = await fleet.CountAsync("select min(id) from chunk where job = $1", id);
        await using var connection = await fleet.AddressOf("liar", "liar").ConnectAsync("test", Token);
        await using var channel = await connection.CreateChannelAsync(
            new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true), Token);
        ValueTask SendAsync(byte[] body) => channel.BasicPublishAsync(
            BrokerTopology.Agents, BrokerTopology.ResultKey("liar", chunk), mandatory: true, new BasicProperties { UserId = "liar" }, body,
            Token);
        var closed = ProbeCode.Of(PortState.Closed, ReplyReason.Reset);
        var open = ProbeCode.Of(PortState.Open, ReplyReason.SynAck);
        var good = new ResultBatch
        {
            Job = id,
            Chunk = chunk,
            Attempt = 1,
            Agent = "liar",
            From = 0,
            To = 4,
            Codes = ProbeCode.Pack([closed, closed, closed, closed]),
        };

        // Of a chunk that no agent has.
        await SendAsync(Bytes(good with { Attempt = 0 }));
        await RefusedAsync(fleet, 1);
        await fleet.ChangeAsync(
            "update chunk set state = 2, attempt = 2, agent = 'liar', lease_until = clock_timestamp() + interval '1 hour' where id = $1",
            chunk);
        good = good with { Attempt = 2 };
        var openRow = good with
        {
            Codes = ProbeCode.Pack([open, closed, closed, closed]),
            Ports = [new FoundPort { At = 0, Time = 1 }],
        };
        byte[][] bad =
        [
            "not JSON"u8.ToArray(),
            [0xff, 0x00, 0x80],
            Bytes(good with { Version = 99 }),
            Bytes(good with { Agent = "one" }),
            Bytes(good with { Agent = "a\0b" }),
            Bytes(good with { Job = id + 1 }),
            Bytes(good with { Chunk = chunk + 1 }),
            Bytes(good with { Chunk = chunk + 1_000_000 }),
            Bytes(good with { Attempt = 1 }),
            Bytes(good with { Attempt = 3 }),
            Bytes(good with { From = 4, To = 0 }),
            Bytes(good with { From = -4, To = 0 }),
            Bytes(good with { From = 0, To = long.MaxValue }),
            Bytes(good with { From = 4, To = 8 }),
            Bytes(good with { Codes = [1, 2, 3] }),
            Bytes(good with { Codes = ProbeCode.Pack([closed]) }),
            Bytes(good with { Codes = ProbeCode.Pack([closed, closed, closed, 0xff]) }),
            Bytes(good with { Codes = ProbeCode.Pack([open, closed, closed, closed]) }),
            Bytes(good with { Ports = [new FoundPort { At = 0 }] }),
            Bytes(openRow with { Ports = [new FoundPort { At = 7 }] }),
            Bytes(openRow with { Ports = [new FoundPort { At = 0, Evidence = 250 }] }),
            Bytes(openRow with { Ports = [new FoundPort { At = 0, From = "nowhere" }] }),
            Bytes(openRow with { Ports = [new FoundPort { At = 0, Time = long.MaxValue }] }),
            Bytes(good with { Counts = new ProbeCounts { Sent = long.MaxValue } }),
            Bytes(good with { Counts = new ProbeCounts { Replies = long.MaxValue } }),
            Bytes(good with { Codes = null! }),
            Bytes(good with { Counts = null! }),
            Changed(good, "\"counts\":{", "\"counts\":null,\"x\":{"),
            Changed(good, "\"hosts\":[]", "\"hosts\":null"),
            Changed(openRow, "\"ports\":[", "\"ports\":[null,"),
        ];
        foreach (var body in bad)
        {
            await SendAsync(body);
        }

        await RefusedAsync(fleet, 1 + bad.Length);
        Assert.Equal(0, await fleet.CountAsync("select count(*) from coverage"));
        await fleet.ChangeAsync("update chunk set lease_until = clock_timestamp() - interval '1 second' where id = $1", chunk);
        fleet.StartAgent("one");
        await CheckAsync(fleet, await fleet.FinishAsync(id));
        Assert.Equal(1 + bad.Length, fleet.Refusals().Count);
    }

    [Fact]
    public async Task What_comes_twice_or_in_another_order_counts_once()
    {
        Assert.SkipWhen(FleetLab.MissingReason is not null, FleetLab.MissingReason ?? "");
        await using var fleet = await FleetLab.StartAsync(Lab);
        fleet.StartCoordinator();
        fleet.MakeUser("one");
        await using var admin = await fleet.Broker.ConnectAsync("test", Token);
        await using var tap = await admin.CreateChannelAsync(cancellationToken: Token);
        await using var connection = await fleet.AddressOf("one", "one").ConnectAsync("test", Token);
        await using var again = await connection.CreateChannelAsync(
            new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true), Token);
        var batches = new ConcurrentDictionary<(long, long), (string Key, byte[] Body)>();
        await BrokerTopology.DeclareAsync(tap, Token);
        await tap.QueueDeclareAsync("tap", durable: false, exclusive: true, autoDelete: true, cancellationToken: Token);
        await tap.QueueBindAsync("tap", BrokerTopology.Agents, "results.#", cancellationToken: Token);
        ValueTask RepeatAsync((string Key, byte[] Body) batch) => again.BasicPublishAsync(
            BrokerTopology.Agents, batch.Key, mandatory: true, new BasicProperties { UserId = "one" }, batch.Body, Token);
        var consumer = new AsyncEventingBasicConsumer(tap);
        consumer.ReceivedAsync += async (_, message) =>
        {
            var body = message.Body.ToArray();
            var batch = JsonSerializer.Deserialize(body, FleetJson.Default.ResultBatch)!;
            if (batches.TryAdd((batch.Chunk, batch.From), (message.RoutingKey, body)))
            {
                await RepeatAsync((message.RoutingKey, body));
            }
        };
        await tap.BasicConsumeAsync("tap", autoAck: true, consumer, Token);
        var id = await fleet.Jobs.CreateAsync(Job(), Token);
        await fleet.UntilAsync(
            async () => await fleet.CountAsync("select count(*) from chunk where job = $1", id) > 3, "the job is cut");
        fleet.StartAgent("one", scope: Slow);
        var job = await fleet.FinishAsync(id);
        await CheckAsync(fleet, job);
        foreach (var batch in batches.OrderByDescending(static b => b.Key).Select(static b => b.Value))
        {
            await RepeatAsync(batch);
            await RepeatAsync(batch);
        }

        // Chunks that are done come again, too.
        await using var work = await admin.CreateChannelAsync(cancellationToken: Token);
        foreach (var chunk in batches.Keys.Select(static b => b.Item1).Distinct())
        {
            await work.BasicPublishAsync(
                BrokerTopology.Work, "lan",
                JsonSerializer.SerializeToUtf8Bytes(new ChunkMessage { Job = id, Chunk = chunk }, FleetJson.Default.ChunkMessage), Token);
        }

        await EmptyAsync(fleet);
        await CheckAsync(fleet, (await fleet.Jobs.ReadAsync(id, Token))!);
        Assert.Empty(fleet.Refusals());
    }

    [Fact]
    public async Task Clocks_an_hour_apart_change_nothing()
    {
        Assert.SkipWhen(FleetLab.MissingReason is not null, FleetLab.MissingReason ?? "");
        await using var fleet = await FleetLab.StartAsync(Lab);
        fleet.StartCoordinator(clock: new WrongClock(TimeSpan.FromHours(1)));
        fleet.StartAgent("ahead", scope: Slow, clock: new WrongClock(TimeSpan.FromHours(1)));
        fleet.StartAgent("behind", scope: Slow, clock: new WrongClock(TimeSpan.FromHours(-1)));
        var id = await fleet.Jobs.CreateAsync(Job(), Token);
        await CheckAsync(fleet, await fleet.FinishAsync(id));
        Assert.Equal(1, await fleet.CountAsync("select max(attempt)::bigint from chunk where job = $1", id));
    }

    [Fact]
    public async Task A_chunk_that_comes_again_after_its_job_was_cancelled_is_not_scanned()
    {
        Assert.SkipWhen(FleetLab.MissingReason is not null, FleetLab.MissingReason ?? "");
        await using var fleet = await FleetLab.StartAsync(Lab);
        using var cable = new Cable(fleet.Rabbit.AmqpPort);
        using var gate = new Gate(1);
        using var other = new Gate(1000);
        fleet.StartCoordinator();
        fleet.StartAgent("one", scope: Slow, around: gate.Around, cable: cable);
        var id = await fleet.Jobs.CreateAsync(Job(), Token);
        await StoredAsync(fleet, id, 256);
        cable.Cut();
        Assert.True(await fleet.Jobs.CancelAsync(id, Token));
        fleet.StartAgent("two", scope: Slow, around: other.Around);
        await EmptyAsync(fleet);
        gate.Let(1000);
        await fleet.EndAsync("one");
        await fleet.UntilAsync(
            async () => await fleet.CountAsync("select count(*) from chunk where job = $1 and state = 2", id) == 0, "the lease is over");
        await EmptyAsync(fleet);
        Assert.Equal(0, other.Seen);
        var job = (await fleet.Jobs.ReadAsync(id, Token))!;
        Assert.Equal((JobState.Cancelled, 256L), (job.State, job.Vantages[0].PortsStored));
    }

    [Fact]
    public async Task One_of_two_coordinators_ends_in_mid_job()
    {
        Assert.SkipWhen(FleetLab.MissingReason is not null, FleetLab.MissingReason ?? "");
        await using var fleet = await FleetLab.StartAsync(Lab);
        using var gate = new Gate(3);
        fleet.StartCoordinator("first");
        fleet.StartAgent("one", scope: Slow, around: gate.Around);
        fleet.StartAgent("two", scope: Slow, around: gate.Around);
        var id = await fleet.Jobs.CreateAsync(Job(), Token);
        await StoredAsync(fleet, id, 600);
        fleet.StartCoordinator("second");
        gate.Let(1000);
        await fleet.EndAsync("first");
        await CheckAsync(fleet, await fleet.FinishAsync(id));
    }

    [Fact]
    public async Task Two_coordinators_that_cut_a_job_at_once_do_not_end_it()
    {
        Assert.SkipWhen(FleetLab.MissingReason is not null, FleetLab.MissingReason ?? "");
        await using var fleet = await FleetLab.StartAsync(Lab);
        fleet.Timing = fleet.Timing with { Round = TimeSpan.FromMilliseconds(20) };
        await fleet.Jobs.CreateAsync(Job(), Token);

        // To count agents takes a while.
        await fleet.ChangeAsync("insert into agent (name, zone) values ('none', 'lan')");
        await fleet.ChangeAsync("alter table agent rename to all_agents");
        await fleet.ChangeAsync("create view agent as select * from all_agents where pg_sleep(0.3) is not null");
        await using var connection = await fleet.Broker.ConnectAsync("test", Token);
        async Task StepAsync()
        {
            await using var channel = await connection.CreateChannelAsync(
                new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true), Token);
            await new Dispatcher(fleet.Database, fleet.Timing, TimeProvider.System, static _ => { }).StepAsync(channel, Token);
        }

        var first = StepAsync();
        await fleet.UntilAsync(async () => await SleepingAsync(fleet) > 0, "the first counts");
        await Task.WhenAll(first, StepAsync(), StepAsync());
        Assert.Equal(0, await fleet.CountAsync("select count(*) from job where state <> 0"));
        await fleet.ChangeAsync("drop view agent");
        await fleet.ChangeAsync("alter table all_agents rename to agent");
        fleet.StartCoordinator();
        fleet.StartAgent("one");
        await CheckAsync(fleet, await fleet.FinishAsync(1));
    }

    [Fact]
    public async Task A_lease_that_is_renewed_as_it_ends_is_not_given_away()
    {
        Assert.SkipWhen(FleetLab.MissingReason is not null, FleetLab.MissingReason ?? "");
        await using var fleet = await FleetLab.StartAsync(Lab);
        var id = await fleet.Jobs.CreateAsync(Job() with { Rate = 1000 }, Token);
        await using var broker = await fleet.Broker.ConnectAsync("test", Token);
        await using var channel = await broker.CreateChannelAsync(
            new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true), Token);
        await new Dispatcher(fleet.Database, fleet.Timing, TimeProvider.System, static _ => { }).StepAsync(channel, Token);
        var chunk = await fleet.CountAsync("select min(id) from chunk where job = $1", id);
        var desk = new LeaseDesk(fleet.Database, fleet.Timing with { Lease = TimeSpan.FromSeconds(1) });
        LeaseRequest Ask(LeaseVerb verb, string agent, long which) => new()
        {
            Verb = verb,
            Agent = agent,
            Zone = "lan",
            Chunk = which,
            Attempt = 1,
        };
        Assert.Equal(LeaseOutcome.Granted, (await desk.AnswerAsync(Ask(LeaseVerb.Take, "one", chunk), Token)).Outcome);
        await using var held = await fleet.Database.ConnectAsync(Token);
        await using var transaction = await held.BeginTransactionAsync(Token);
        await using (var hold = held.CreateCommand())
        {
            hold.CommandText = "select 1 from chunk for update";
            await hold.ExecuteNonQueryAsync(Token);
        }

        // The renewal came in time, and waits for the row until after the end.
        var renewal = new LeaseDesk(fleet.Database, fleet.Timing).AnswerAsync(Ask(LeaseVerb.Renew, "one", chunk), Token);
        await fleet.UntilAsync(
            async () => await fleet.CountAsync(
                """
                select count(*) from pg_stat_activity
                where datname = current_database() and wait_event_type = 'Lock' and query like '%lease_until%'
                """) > 0,
            "the renewal waits");
        await fleet.UntilAsync(
            async () => await fleet.CountAsync("select count(*) from chunk where state = 2 and lease_until > clock_timestamp()") == 0,
            "the lease is over");
        var other = desk.AnswerAsync(Ask(LeaseVerb.Take, "two", chunk + 1), Token);
        await fleet.UntilAsync(
            async () => await fleet.CountAsync(
                "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'") > 1,
            "both wait");
        await transaction.RollbackAsync(Token);
        await Task.WhenAll(renewal, other);
        var used = await fleet.CountAsync("select sum(share) from chunk where state = 2 and lease_until > clock_timestamp()");
        Assert.InRange(used, 1, LeaseDesk.WholeRate);
    }

    [Fact]
    public async Task Leases_never_add_up_to_more_than_the_rate_of_the_job()
    {
        Assert.SkipWhen(FleetLab.MissingReason is not null, FleetLab.MissingReason ?? "");
        await using var fleet = await FleetLab.StartAsync(Lab);
        fleet.StartCoordinator();
        fleet.StartCoordinator("second");
        foreach (var name in new[] { "one", "two", "three" })
        {
            fleet.StartAgent(name, scope: Slow);
        }

        var id = await fleet.Jobs.CreateAsync(Job(chunkProbes: 101) with { Rate = 1000 }, Token);
        long most = 0;
        await fleet.UntilAsync(
            async () =>
            {
                for (var i = 0; i < 20; i++)
                {
                    most = Math.Max(most, await fleet.CountAsync(
                        """
                        select coalesce(sum(share), 0) from chunk where job = $1 and state = 2 and lease_until > clock_timestamp()
                        """, id));
                }

                return (await fleet.Jobs.ReadAsync(id, Token))!.State != JobState.Running;
            },
            "the job has ended");
        Assert.InRange(most, 1, LeaseDesk.WholeRate);
        await CheckAsync(fleet, (await fleet.Jobs.ReadAsync(id, Token))!);
    }

    [Fact]
    public async Task The_broker_is_killed_in_mid_job()
    {
        Assert.SkipWhen(FleetLab.MissingReason is not null, FleetLab.MissingReason ?? "");
        await using var fleet = await FleetLab.StartAsync(Lab, own: true);
        using var gate = new Gate(2);
        fleet.StartCoordinator();
        fleet.StartAgent("one", scope: Slow, around: gate.Around);
        fleet.StartAgent("two", scope: Slow, around: gate.Around);
        await fleet.UntilAsync(async () => (await new AgentTable(fleet.Database).ReadAsync(Token)).Count == 2, "both agents are known");

        // RabbitMQ 3.10 forgets the quorum queues that were declared in the last moments before SIGKILL: these are on its disk.
        await fleet.Rabbit.StopAsync();
        await fleet.Rabbit.RestartAsync();
        var id = await fleet.Jobs.CreateAsync(Job(), Token);
        await StoredAsync(fleet, id, 500);
        fleet.Rabbit.Kill();
        gate.Let(2);
        await fleet.Rabbit.RestartAsync();
        await StoredAsync(fleet, id, 800, gate);
        if (IsLong)
        {
            await fleet.Rabbit.StopAsync();
            gate.Let(1);
            await fleet.Rabbit.RestartAsync();
        }

        gate.Let(1000);
        await CheckAsync(fleet, await fleet.FinishAsync(id));
    }

    [Fact]
    public async Task The_database_is_away_and_is_killed_in_mid_job()
    {
        Assert.SkipWhen(FleetLab.MissingReason is not null, FleetLab.MissingReason ?? "");
        await using var fleet = await FleetLab.StartAsync(Lab, own: true);
        using var gate = new Gate(2);
        fleet.StartCoordinator();
        fleet.StartAgent("one", scope: Slow, around: gate.Around);
        fleet.StartAgent("two", scope: Slow, around: gate.Around);
        var id = await fleet.Jobs.CreateAsync(Job(), Token);
        await StoredAsync(fleet, id, 500);
        await fleet.UntilAsync(() => Task.FromResult(gate.Seen > 2), "an agent has a lease and is in the middle of its work");
        await fleet.Postgres.StopAsync();
        await fleet.UntilAsync(() => Task.FromResult(fleet.HasSaid("the lease is over")), "a lease could not be renewed");
        gate.Let(2);
        await fleet.Postgres.RestartAsync();
        await StoredAsync(fleet, id, 800, gate);
        fleet.Postgres.Kill();
        gate.Let(2);
        await fleet.Postgres.RestartAsync();
        gate.Let(1000);
        await CheckAsync(fleet, await fleet.FinishAsync(id));
    }

    [Fact]
    public async Task Agents_die_one_after_another_and_the_whole_is_found_once()
    {
        Assert.SkipWhen(FleetLab.MissingReason is not null, FleetLab.MissingReason ?? "");

        // The long one: ten agents and a /16; each tenth of the work is a minute of theirs, and each minute an agent dies.
        var (hosts, agents, parts, rate) = IsLong ? (65_536, 10, 10, 218) : (512, 5, 8, 256);
        const int ports = 20;
        await using var fleet = await FleetLab.StartAsync(
            """
            name: fleet
            vantage: { network: net, address: 198.18.0.250 }
            networks: { net: 198.0.0.0/8 }
            hosts:
              web: { addresses: 198.19.0.0/16, ports: { 80: open } }
            """);
        var cables = new Queue<(string Name, Cable Cable)>();
        void Add(string name)
        {
            var cable = new Cable(fleet.Rabbit.AmqpPort);
            cables.Enqueue((name, cable));
            fleet.StartAgent(name, scope: FleetLab.Everything(rate), cable: cable);
        }

        fleet.StartCoordinator();
        for (var i = 0; i < agents; i++)
        {
            Add($"agent-{i}");
        }

        var id = await fleet.Jobs.CreateAsync(
            new JobRequest(
                new JobSpec
                {
                    Targets = [$"198.19.0.0/{32 - int.Log2(hosts)}"],
                    Tcp = "70-89",
                    Seed = 3,
                    SkipsDiscovery = true,
                },
                ["lan"])
            { ChunkProbes = 1009 },
            Token);
        for (long part = 1; part < parts; part++)
        {
            await StoredAsync(fleet, id, part * hosts * ports / parts);
            var (name, cable) = cables.Dequeue();
            cable.Cut();
            await fleet.EndAsync(name);
            Add($"agent-{agents + part}");
        }

        var job = await fleet.FinishAsync(id);
        await CheckAsync(fleet, job, hosts, ports);
        TestContext.Current.SendDiagnosticMessage(
            $"{hosts} hosts x {ports} ports, {agents} agents, {parts - 1} died: {(job.EndedAt - job.CreatedAt)?.TotalSeconds:f1} s, "
            + $"{job.Vantages[0].Repeated} positions repeated");
        foreach (var (_, cable) in cables)
        {
            cable.Dispose();
        }
    }

    [Fact]
    public async Task Coordinators_and_agents_end_in_order_in_mid_job()
    {
        Assert.SkipWhen(FleetLab.MissingReason is not null, FleetLab.MissingReason ?? "");
        await using var fleet = await FleetLab.StartAsync(Lab);
        fleet.StartCoordinator("second");
        var id = await BeginAsync(fleet);
        await fleet.EndAsync("coordinator");
        await fleet.EndAsync("one");
        fleet.StartAgent("three");
        fleet.StartCoordinator("third");
        await fleet.EndAsync("second");
        await CheckAsync(fleet, await fleet.FinishAsync(id));
    }

    [Fact]
    public async Task A_connection_of_an_agent_is_cut_again_and_again()
    {
        Assert.SkipWhen(FleetLab.MissingReason is not null, FleetLab.MissingReason ?? "");
        await using var fleet = await FleetLab.StartAsync(Lab);
        var id = await BeginAsync(fleet);
        for (var i = 0; i < 3; i++)
        {
            var before = (await fleet.Jobs.ReadAsync(id, Token))!.Vantages[0].PortsStored;
            await fleet.CutAsync("one");
            await fleet.CutAsync("two");
            await StoredAsync(fleet, id, Math.Min(Hosts * Ports, before + 1));
        }

        await CheckAsync(fleet, await fleet.FinishAsync(id));
    }

    // A coordinator, two agents, and a job that is in its middle.
    private static async Task<long> BeginAsync(FleetLab fleet)
    {
        fleet.StartCoordinator();
        fleet.StartAgent("one");
        fleet.StartAgent("two");
        var id = await fleet.Jobs.CreateAsync(Job(chunkProbes: 211), Token);
        await StoredAsync(fleet, id, 1);
        return id;
    }

    private static byte[] Bytes(ResultBatch batch) => JsonSerializer.SerializeToUtf8Bytes(batch, FleetJson.Default.ResultBatch);

    private static byte[] Changed(ResultBatch batch, string old, string other)
    {
        var text = Encoding.UTF8.GetString(Bytes(batch));
        Assert.Contains(old, text, StringComparison.Ordinal);
        return Encoding.UTF8.GetBytes(text.Replace(old, other, StringComparison.Ordinal));
    }

    private static Task<long> SleepingAsync(FleetLab fleet) => fleet.CountAsync(
        "select count(*) from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'");

    private static Task RefusedAsync(FleetLab fleet, int count) => fleet.UntilAsync(
        () => Task.FromResult(fleet.Refusals().Count >= count), $"{count} batches are refused");

    // What was found during an outage may be lost, so one more piece is let through at each look where there is a gate.
    private static Task StoredAsync(FleetLab fleet, long job, long least, Gate? gate = null) => fleet.UntilAsync(
        async () =>
        {
            gate?.Let(1);
            return (await fleet.Jobs.ReadAsync(job, Token))!.Vantages[0].PortsStored >= least;
        },
        $"{least} probes are stored");

    // What lies in the queues was taken and answered.
    private static Task EmptyAsync(FleetLab fleet) => fleet.UntilAsync(
        async () =>
        {
            var host = Uri.EscapeDataString(fleet.Broker.VirtualHost);
            using var queues = JsonDocument.Parse(await fleet.Rabbit.ManagementAsync(
                HttpMethod.Get, $"api/queues/{host}?disable_stats=true&enable_queue_totals=true"));
            return queues.RootElement.EnumerateArray().All(static q => q.GetProperty("messages").GetInt32() == 0);
        },
        "the queues are empty");

    internal static async Task CheckAsync(FleetLab fleet, JobStatus job, int hosts = Hosts, int ports = Ports)
    {
        var vantage = Assert.Single(job.Vantages);
        Assert.Equal(JobState.Done, job.State);
        Assert.True(vantage.IsComplete, FleetLab.Describe(job));
        Assert.Equal((vantage.PortsPlanned, (long)hosts * ports, (long)hosts), (vantage.PortsStored, vantage.PortsPlanned, vantage.Open));
        var states = await fleet.StatesAsync(job);
        Assert.Equal(hosts * ports, states.Count);
        Assert.All(states, static s => Assert.Equal(
            s.Key.EndsWith(" tcp 80", StringComparison.Ordinal) ? PortState.Open : PortState.Closed, s.Value));

        // No position twice, and none left out.
        Assert.Equal(0, await fleet.CountAsync(
            """
            select count(*) from coverage a join coverage b on a.job = b.job and a.zone = b.zone and a.is_discovery = b.is_discovery
                and a.group_number = b.group_number and a.from_position < b.from_position and a.to_position > b.from_position
            where a.job = $1
            """, job.Id));
        Assert.Equal(0, await fleet.CountAsync("select count(*) from chunk where job = $1 and checkpoint <> to_position", job.Id));
    }

    private sealed class WrongClock(TimeSpan by) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + by;
    }

    // An agent begins a piece when it is let.
    internal sealed class Gate(int pieces) : IDisposable
    {
        private readonly SemaphoreSlim _free = new(pieces);
        private int _seen;

        public int Seen => Volatile.Read(ref _seen);

        public void Let(int count) => _free.Release(count);

        /// <summary>What begins from now on waits until it is let.</summary>
        public void Close()
        {
            while (_free.Wait(0))
            {
            }
        }

        public ProberSource Around(string agent, ProberSource open) => (settings, probes) =>
        {
            Interlocked.Increment(ref _seen);
            _free.Wait(Token);
            return open(settings, probes);
        };

        public void Dispose() => _free.Release(1000);
    }

    // Sends until cancelled.
    private sealed class EndlessProber : IGroupProber
    {
        private long _last;

        public DateTimeOffset Last => Volatile.Read(ref _last) is var ticks && ticks == 0 ? default : new(ticks, TimeSpan.Zero);

        public bool HasStopped { get; private set; }

        public ScanMode Mode => ScanMode.Raw;

        public IReadOnlyList<string> Notes => [];

        public ProbeBalance Balance => default;

        public void Discover(HostGroup group, ProbeCursor from, IProbeWatch watch) => Send(watch);

        public void Probe(HostGroup group, ProbeCursor from, IProbeWatch watch) => Send(watch);

        public void Dispose()
        {
        }

        private void Send(IProbeWatch watch)
        {
            while (!watch.IsStopping)
            {
                Volatile.Write(ref _last, DateTimeOffset.UtcNow.UtcTicks);
                Thread.Yield();
            }

            HasStopped = true;
        }
    }
}
