using System.Diagnostics;
using System.Globalization;
using Portolan.Fleet.Agent;
using Portolan.Fleet.Broker;
using Portolan.Fleet.Coordinator;
using Portolan.Fleet.Database;
using Portolan.Model;
using Portolan.Tests.Fleet;

namespace Portolan.FleetScenarios;

/// <summary>Processor time in seconds, by process.</summary>
internal sealed record ProcessorTimes(double Coordinator, double Broker, double Database, double Agents)
{
    public ProcessorTimes Since(ProcessorTimes before) => new(
        Coordinator - before.Coordinator, Broker - before.Broker, Database - before.Database, Agents - before.Agents);
}

/// <summary>
/// A broker, a database (its commits on the disk before they are acknowledged) and a coordinator, each in processes of its own. Agents are
/// in this process.
/// </summary>
internal sealed class FleetServers : IAsyncDisposable
{
    // Ticks of /proc/PID/stat in a second: USER_HZ.
    private const double Ticks = 100;

    private readonly RabbitMqServer _rabbit;
    private readonly PostgresServer _postgres;
    private readonly CoordinatorProcess _coordinator;

    private FleetServers(RabbitMqServer rabbit, PostgresServer postgres, BrokerAddress broker, PostgresDatabase made)
    {
        (_rabbit, _postgres, Broker) = (rabbit, postgres, broker);
        Database = FleetDatabase.Open(made.ConnectionString);
        Jobs = new JobTable(Database);
        _coordinator = CoordinatorProcess.Start(broker, made.ConnectionString);
    }

    public BrokerAddress Broker { get; }

    public FleetDatabase Database { get; }

    public JobTable Jobs { get; }

    public static async Task<FleetServers> StartAsync()
    {
        var rabbit = await RabbitMqServer.StartAsync();

        // PostgreSQL's own defaults.
        var postgres = await PostgresServer.StartAsync(new PostgresOptions { Fsync = true, Configuration = ["shared_buffers = 128MB"] });
        var host = await rabbit.NewVirtualHostAsync();
        var made = await postgres.NewDatabaseAsync();
        await using (var database = FleetDatabase.Open(made.ConnectionString))
        {
            await database.MigrateAsync(CancellationToken.None);
        }

        var uri = new UriBuilder(host.AmqpUri) { Password = "" }.Uri.ToString().Replace(":@", "@", StringComparison.Ordinal);
        var broker = BrokerAddress.Parse(uri, rabbit.Password);
        await BrokerTopology.DeclareAsync(broker, CancellationToken.None);
        return new FleetServers(rabbit, postgres, broker, made);
    }

    /// <summary>The settings of an agent, whose user it makes.</summary>
    public async Task<AgentSettings> NewAgentAsync(string name, double? rate)
    {
        using var management = new ManagementApi(_rabbit.ManagementUri, Broker);
        await management.PutAgentAsync(name, "lan", name, CancellationToken.None);
        var networks = AddressPrefix.TryParse("198.18.0.0/15", out var all) ? all : default;
        return new AgentSettings(
            "lan", BrokerAddress.Parse(Broker.ForUser(name), name),
            new AgentScope([networks], [], PortSet.All(), withPrinterPorts: true, rate));
    }

    /// <summary>Waits until the coordinator knows so many agents.</summary>
    public async Task KnowAsync(int agents)
    {
        while ((await new AgentTable(Database).ReadAsync(CancellationToken.None)).Count < agents)
        {
            await Task.Delay(100);
        }
    }

    /// <summary>One number of the database.</summary>
    public async Task<long> NumberAsync(string sql, params object?[] values)
    {
        await using var connection = await Database.ConnectAsync(CancellationToken.None);
        return await connection.ValueAsync<long>(sql, CancellationToken.None, values);
    }

    /// <summary>Bytes of a table with its indexes, and of its partitions.</summary>
    public Task<long> SizeAsync(string table) => NumberAsync(
        """
        select coalesce(sum(pg_total_relation_size(oid)), 0)::bigint from pg_class where relkind = 'r' and starts_with(relname, $1)
        """,
        table);

    /// <summary>Bytes that the database has written to its log of changes.</summary>
    public Task<long> WrittenAsync() => NumberAsync("select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint");

    public ProcessorTimes Times()
    {
        using var own = Process.GetCurrentProcess();
        return new ProcessorTimes(
            SecondsOf([_coordinator.Id]), SecondsOf(ServerFolder.ProcessesIn(_rabbit.Folder)),
            SecondsOf(ServerFolder.ProcessesIn(_postgres.Folder)), own.TotalProcessorTime.TotalSeconds);
    }

    public async ValueTask DisposeAsync()
    {
        _coordinator.Dispose();
        await Database.DisposeAsync();
        await _rabbit.DisposeAsync();
        await _postgres.DisposeAsync();
    }

    // Times of the process and of its children that have ended: fields 14 to 17 (proc(5)).
    private static double SecondsOf(int[] processes)
    {
        var ticks = 0L;
        foreach (var id in processes)
        {
            try
            {
                var text = File.ReadAllText($"/proc/{id}/stat");
                var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
                ticks += fields[11..15].Sum(static f => long.Parse(f, CultureInfo.InvariantCulture));
            }
            catch (IOException)
            {
                // It has ended.
            }
        }

        return ticks / Ticks;
    }
}
