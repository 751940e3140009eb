using System.Text.Json;
using Npgsql;
using Portolan.Fleet.Agent;
using Portolan.Fleet.Broker;
using Portolan.Fleet.Coordinator;
using Portolan.Fleet.Database;
using Portolan.Fleet.Events;
using Portolan.Fleet.Results;
using Portolan.Lab.Running;
using Portolan.Lab.Topology.Reading;
using Portolan.Model;
using Portolan.Scan.Engine.Raw;
using Portolan.Scan.Results;
using Portolan.Scan.Targets;
using Portolan.Tests.Fleet;
using Portolan.Tests.Support;

namespace Portolan.Kernel.Tests.Fleet;

/// <summary>
/// A fleet over a real broker and a real database: coordinators and agents of this process, each agent with a lab of its own that it scans
/// in virtual time. What there is to find is known.
/// </summary>
internal sealed class FleetLab : IAsyncDisposable
{
    private readonly List<(string Name, CancellationTokenSource End, Task Run)> _running = [];
    private readonly List<VirtualNetwork> _labs = [];
    private readonly string _topology;

    private FleetLab(string topology, RabbitMqServer rabbit, PostgresServer postgres, BrokerAddress broker, PostgresDatabase made)
    {
        (_topology, Rabbit, Postgres, Broker, Made) = (topology, rabbit, postgres, broker, made);
        var database = FleetDatabase.Open(made.ConnectionString);
        Database = database;
        (Jobs, Results) = (new JobTable(database), new JobResults(database));
    }

    /// <summary>Why it cannot be had here, or <c>null</c>.</summary>
    public static string? MissingReason => RabbitMqServer.MissingReason ?? PostgresServer.MissingReason;

    public RabbitMqServer Rabbit { get; }

    public PostgresServer Postgres { get; }

    public BrokerAddress Broker { get; }

    /// <summary>The database as its server knows it.</summary>
    public PostgresDatabase Made { get; }

    public FleetDatabase Database { get; }

    public JobTable Jobs { get; }

    public JobResults Results { get; }

    public FleetTiming Timing { get; set; } = new()
    {
        Lease = TimeSpan.FromSeconds(4),
        Round = TimeSpan.FromMilliseconds(200),
        LostAfter = TimeSpan.FromSeconds(5),
        AgentSilence = TimeSpan.FromSeconds(20),
    };

    /// <summary>What was said.</summary>
    public List<string> Log { get; } = [];

    /// <summary>A fleet without coordinators and agents.</summary>
    /// <param name="topology">The lab that each agent scans.</param>
    /// <param name="own">With servers of its own, which a test may kill.</param>
    /// <param name="existing">The database, on the shared server; an empty one without it.</param>
    public static async Task<FleetLab> StartAsync(string topology, bool own = false, PostgresDatabase? existing = null)
    {
        var rabbit = own ? await RabbitMqServer.StartAsync() : await RabbitMqServer.SharedAsync();
        var postgres = own ? await PostgresServer.StartAsync() : await PostgresServer.SharedAsync();
        var host = await rabbit.NewVirtualHostAsync();
        var made = existing ?? await postgres.NewDatabaseAsync();
        var uri = new UriBuilder(host.AmqpUri) { Password = "" }.Uri;
        var address = uri.ToString().Replace(":@", "@", StringComparison.Ordinal);
        var broker = BrokerAddress.Parse(address, rabbit.Password);
        await BrokerTopology.DeclareAsync(broker, CancellationToken.None);
        var fleet = new FleetLab(topology, rabbit, postgres, broker, made);
        await fleet.Database.MigrateAsync(CancellationToken.None);
        return fleet;
    }

    public void StartCoordinator(string name = "coordinator", Membership? membership = null, TimeProvider? clock = null) => Start(
        name, token => new FleetCoordinator(Broker, Database, Timing, clock ?? TimeProvider.System, Hear(name)) { Membership = membership }
            .RunAsync(token));

    /// <summary>Starts an agent whose user it makes.</summary>
    /// <param name="name">Its name, and its password.</param>
    /// <param name="zone">Its zone.</param>
    /// <param name="scope">What it may scan; everything in the lab without it.</param>
    /// <param name="around">What stands between the agent and its prober.</param>
    /// <param name="cable">Its way to the broker.</param>
    /// <param name="clock">Its clock.</param>
    public void StartAgent(
        string name, string zone = "lan", AgentScope? scope = null, Func<string, ProberSource, ProberSource>? around = null,
        Cable? cable = null, TimeProvider? clock = null)
    {
        MakeUser(name, zone);
        var address = AddressOf(name, name);
        if (cable is not null)
        {
            address = address with { Uri = new UriBuilder(address.Uri) { Port = cable.Port }.Uri };
        }

        StartAgent(
            new AgentSettings(zone, address, scope ?? Everything(2000)) { Piece = TimeSpan.FromSeconds(1) }, around, clock);
    }

    /// <summary>Makes the broker's user of an agent, whose password is its name.</summary>
    public void MakeUser(string name, string zone = "lan")
    {
        using var management = new ManagementApi(Rabbit.ManagementUri, Broker);
        management.PutAgentAsync(name, zone, name, CancellationToken.None).Await("the broker has the agent's user");
    }

    /// <summary>Starts an agent that has joined.</summary>
    public void StartAgent(
        AgentSettings settings, Func<string, ProberSource, ProberSource>? around = null, TimeProvider? clock = null,
        CheckerSource? checker = null)
    {
        var name = settings.Name;
        var lab = new VirtualNetwork(
            TopologyReader.Read(_topology, "test").OrThrow("the topology"), new VirtualNetworkOptions { Seed = 1, IsVirtualTime = true });
        _labs.Add(lab);
        var vantage = lab.OpenVantage();
        ProberSource open = (settings, _) => new RawProber(vantage, lab.Time, settings, new RawProberOptions());
        var agent = new FleetAgent(
            settings, ScanMode.Raw, around?.Invoke(name, open) ?? open, clock ?? TimeProvider.System, Hear(name), checker: checker);
        Start(name, agent.RunAsync);
    }

    /// <summary>The broker as a user reaches it.</summary>
    public BrokerAddress AddressOf(string user, string password) => BrokerAddress.Parse(Broker.ForUser(user), password);

    public static AgentScope Everything(double? maxRate) => new(
        [Prefix("198.18.0.0/15"), Prefix("2001:db8::/32")], [], PortSet.All(), withPrinterPorts: true, maxRate);

    public static AddressPrefix Prefix(string text) =>
        AddressPrefix.TryParse(text, out var prefix) ? prefix : throw new FormatException(text);

    /// <summary>Ends a coordinator or an agent in order.</summary>
    public async Task EndAsync(string name)
    {
        var (_, end, run) = _running.First(r => r.Name == name);
        await end.CancelAsync();
        await run.WaitAsync(TimeSpan.FromSeconds(30));
        _running.RemoveAll(r => r.Name == name);
    }

    /// <summary>One number of the database.</summary>
    public async Task<long> CountAsync(string sql, params object?[] values)
    {
        await using var connection = await Database.ConnectAsync(TestContext.Current.CancellationToken);
        return await connection.ValueAsync<long>(sql, TestContext.Current.CancellationToken, values);
    }

    /// <summary>Changes the database.</summary>
    public async Task ChangeAsync(string sql, params object?[] values)
    {
        await using var connection = await Database.ConnectAsync(TestContext.Current.CancellationToken);
        await connection.RunAsync(sql, TestContext.Current.CancellationToken, values);
    }

    /// <summary>Waits until something is so.</summary>
    public async Task UntilAsync(Func<Task<bool>> isSo, string what)
    {
        var began = System.Diagnostics.Stopwatch.GetTimestamp();
        while (!await TryAsync(isSo))
        {
            var isInTime = System.Diagnostics.Stopwatch.GetElapsedTime(began) < Bounded.Limit;
            Assert.True(isInTime, $"it is not so that {what}\n{string.Join('\n', Tail())}");
            await Task.Delay(100, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Ends the connections of a user of this fleet's virtual host, as a network that breaks does.</summary>
    public async Task CutAsync(string user)
    {
        var list = JsonDocument.Parse(await Rabbit.ManagementAsync(
            HttpMethod.Get, $"api/vhosts/{Uri.EscapeDataString(Broker.VirtualHost)}/connections"));
        foreach (var connection in list.RootElement.EnumerateArray().Where(c => c.GetProperty("user").GetString() == user))
        {
            var name = Uri.EscapeDataString(connection.GetProperty("name").GetString()!);
            try
            {
                await Rabbit.ManagementAsync(HttpMethod.Delete, $"api/connections/{name}");
            }
            catch (HttpRequestException)
            {
                // It is gone already.
            }
        }
    }

    /// <summary>What was refused, and why.</summary>
    public List<string> Refusals()
    {
        using var connection = Database.ConnectAsync(CancellationToken.None).AsTask().Await("a connection");
        return connection.RowsAsync(
            "select agent || ': ' || reason from refusal", static row => row.GetString(0), CancellationToken.None).Await("the refusals");
    }

    /// <summary>Waits until a job has ended.</summary>
    public async Task<JobStatus> FinishAsync(long job, int seconds = 90)
    {
        JobStatus? status = null;
        var began = System.Diagnostics.Stopwatch.GetTimestamp();
        while (System.Diagnostics.Stopwatch.GetElapsedTime(began).TotalSeconds < seconds)
        {
            var hasEnded = await TryAsync(async () =>
            {
                status = await Jobs.ReadAsync(job, TestContext.Current.CancellationToken);
                return status!.State != JobState.Running;
            });
            if (hasEnded)
            {
                return status!;
            }

            await Task.Delay(100, TestContext.Current.CancellationToken);
        }

        Assert.Fail($"job {job} did not end: {Describe(status!)}\n{string.Join('\n', Tail())}");
        return status!;
    }

    public bool HasSaid(string part)
    {
        lock (Log)
        {
            return Log.Exists(line => line.Contains(part, StringComparison.Ordinal));
        }
    }

    public string[] Tail()
    {
        lock (Log)
        {
            return [.. Log.TakeLast(30)];
        }
    }

    public static string Describe(JobStatus job) => string.Join("; ", job.Vantages.Select(
        static v => $"{v.Zone}: hosts {v.HostsAsked}, up {v.HostsUp}, ports {v.PortsStored} of {v.PortsPlanned}, open {v.Open}, "
            + $"given up {v.GivenUp}"));

    /// <summary>Every state that is stored, by address and port.</summary>
    public async Task<Dictionary<string, PortState>> StatesAsync(JobStatus job, string zone = "lan")
    {
        var seen = new SeenStates();
        await Results.ReplayAsync(
            job, job.Vantages.First(v => v.Zone == zone), [seen], TimeProvider.System.GetUtcNow(), TestContext.Current.CancellationToken);
        return seen.States;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var (_, end, _) in _running)
        {
            await end.CancelAsync();
        }

        foreach (var (_, end, run) in _running)
        {
            await Task.WhenAny(run, Task.Delay(TimeSpan.FromSeconds(10)));
            end.Dispose();
        }

        foreach (var lab in _labs)
        {
            await lab.DisposeAsync();
        }

        await Database.DisposeAsync();
        if (!ReferenceEquals(Rabbit, await RabbitMqServer.SharedAsync()))
        {
            await Rabbit.DisposeAsync();
            await Postgres.DisposeAsync();
        }
    }

    // A database that was stopped leaves connections in the pool that are none.
    private static async Task<bool> TryAsync(Func<Task<bool>> isSo)
    {
        try
        {
            return await isSo();
        }
        catch (NpgsqlException)
        {
            return false;
        }
    }

    private Action<FleetEvent> Hear(string name) => one => Note($"{name}: {FleetEventText.Of(one)}");

    private void Note(string line)
    {
        lock (Log)
        {
            Log.Add(line);
        }
    }

    private void Start(string name, Func<CancellationToken, Task> run)
    {
        var end = new CancellationTokenSource();
        _running.Add((name, end, Task.Run(async () =>
        {
            try
            {
                await run(end.Token);
            }
            catch (OperationCanceledException)
            {
            }
            catch (Exception exception)
            {
                Note($"{name}: ended: {exception}");
                throw;
            }
        })));
    }

    private sealed class SeenStates : IScanObserver
    {
        public Dictionary<string, PortState> States { get; } = new(StringComparer.Ordinal);

        public void Started(ScanStart run)
        {
        }

        public void HostFound(HostResult host)
        {
        }

        public void PortFound(Target target, in PortResult port)
        {
        }

        public void HostFinished(HostReport report) => report.ForEachPort(port => Assert.True(
            States.TryAdd($"{report.Host.Target.Address} {port.Port.Protocol.Name()} {port.Port.Port.Value}", port.State)));

        public void Progress(ScanProgress progress)
        {
        }

        public void Warning(string message)
        {
        }

        public void Ended(ScanEnd balance)
        {
        }
    }
}
