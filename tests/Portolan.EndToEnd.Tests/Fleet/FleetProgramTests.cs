using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Portolan.EndToEnd.Tests.Support;
using Portolan.Tests.Fleet;
using Portolan.Tests.Support;

namespace Portolan.EndToEnd.Tests.Fleet;

/// <summary>A fleet as people set it up: the built programs, a real broker and database, an agent that joins as an ordinary user.</summary>
public sealed class FleetProgramTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("portolan-fleet-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task From_an_empty_broker_and_database_to_results_and_back()
    {
        Assert.SkipUnless(PortolanProgram.IsRoot, "only root can start the servers");
        var missing = RabbitMqServer.MissingReason ?? PostgresServer.MissingReason;
        Assert.SkipWhen(missing is not null, missing ?? "");
        await using var rabbit = await RabbitMqServer.StartAsync();
        await using var postgres = await PostgresServer.StartAsync();
        var database = await postgres.NewDatabaseAsync();
        var config = Write("fleet.yaml", $"""
            broker: amqp://{rabbit.User}@127.0.0.1:{rabbit.AmqpPort}/%2F
            broker-password-file: broker.password
            broker-management: http://127.0.0.1:{rabbit.ManagementPort}
            database: postgresql://{database.User}@127.0.0.1:{postgres.Port}/{database.Name}
            database-password-file: database.password
            """);
        Write("broker.password", rabbit.Password);
        Write("database.password", database.Password);

        var early = Fleet("jobs").Expect(3);
        Assert.Equal("portolan: the database has no tables of a fleet\nhint: run portolan fleet init\n", early.Error);
        Fleet("init").Expect(0);
        Assert.Contains("nothing to do", Fleet("init").Expect(0).Error, StringComparison.Ordinal);
        Assert.Contains("no agent has joined", Fleet("start", "127.0.0.1", "-p", "80").Expect(2).Error, StringComparison.Ordinal);
        using var coordinator = PortolanProgram.Start("fleet", "serve", "--config", config);
        coordinator.WaitForError("connected to the broker");

        var token = Fleet("invite", "user-1", "--zone", "lan").Expect(0).Output;
        var own = Directory.CreateDirectory(Path.Combine(_folder, "agent")).FullName;
        File.SetUnixFileMode(_folder, (UnixFileMode)0b111_001_001);
        File.SetUnixFileMode(own, (UnixFileMode)0b111_111_111);
        var settings = Path.Combine(own, "agent.yaml");
        AsNobody(["agent", "join", "--network", "127.0.0.0/8", "--config", settings], token).Expect(0);
        Assert.Contains("the token was used before", AsNobody(
            ["agent", "join", "--config", Path.Combine(own, "b.yaml")], token).Expect(3).Error, StringComparison.Ordinal);
        using var agent = StartAsNobody(["agent", "--config", settings]);
        agent.WaitForError("connections, without CAP_NET_RAW");
        agent.WaitForError("zone lan");

        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        var (low, high) = (Math.Max(1, port - 20), Math.Min(65535, port + 20));
        var job = Fleet("start", "127.0.0.1", "-p", $"{low}-{high}").Expect(0).Output.Trim();
        Bounded.Until(() => Jobs(job).GetProperty("state").GetString() == "done", "the job is done");
        JsonSchema.AssertValid(Fleet("agents", "--json").Expect(0).Output);
        JsonSchema.AssertValid(Fleet("jobs", "--json").Expect(0).Output);
        var zone = Jobs(job).GetProperty("zones")[0];
        Assert.Equal((true, high - low + 1), (zone.GetProperty("complete").GetBoolean(), zone.GetProperty("portsStored").GetInt32()));
        var lines = Fleet("results", job, "--json").Expect(0).Output.TrimEnd('\n').Split('\n');
        var scan = JsonSchema.Load("portolan.scan/1");
        Assert.All(lines, line => Assert.Empty(scan.Validate(JsonDocument.Parse(line).RootElement)));
        Assert.Contains(lines, line => line.Contains($"\"port\":{port},\"state\":\"open\"", StringComparison.Ordinal));
        Assert.Contains(
            $"{port.ToString(CultureInfo.InvariantCulture)}/tcp open", Fleet("results", job).Expect(0).Output, StringComparison.Ordinal);

        // What was found is read as any scan is.
        var file = Write("results.json", string.Join('\n', lines) + "\n");
        PortolanProgram.Run("diff", file, file).Expect(0);
        // By the agents, as if this machine scanned; what each zone sees, side by side.
        string[] both = ["--vantage", "lan,dmz", "127.0.0.1", "-p", $"{low}-{high}", "--fleet-config", config];
        var unknown = PortolanProgram.Run(["scan", .. both]).Expect(2);
        Assert.Contains("no agent has joined in zone dmz", unknown.Error, StringComparison.Ordinal);
        var scanned = PortolanProgram.Run("scan", "--fleet", "127.0.0.1", "-p", $"{low}-{high}", "--fleet-config", config).Expect(0);
        Assert.Matches($@"(?m)^{port.ToString(CultureInfo.InvariantCulture)}/tcp +open", scanned.Output);
        Assert.Contains("fleet job 2, zone lan", scanned.Error, StringComparison.Ordinal);
        var narrow = Path.Combine(own, "narrow.yaml");
        AsNobody(
            ["agent", "join", "--network", "127.0.0.1/32", "--config", narrow], Fleet("invite", "user-3", "--zone", "dmz").Expect(0).Output)
            .Expect(0);
        File.AppendAllText(narrow, $"ports: 1-{port - 1},{port + 1}-65535\n");
        using var second = StartAsNobody(["agent", "--config", narrow]);
        second.WaitForError("zone dmz");
        var compared = PortolanProgram.Run(["scan", .. both]).Expect(3);
        Assert.Matches($@"(?m)^127\.0\.0\.1 +{port.ToString(CultureInfo.InvariantCulture)}/tcp +open +-$", compared.Output);
        var piped = PortolanProgram.Run(["scan", .. both, "--json"]).Expect(3).Output.TrimEnd('\n').Split('\n');
        Assert.All(piped, line => Assert.Empty(scan.Validate(JsonDocument.Parse(line).RootElement)));
        Assert.Equal(2, piped.Count(static line => line.Contains("\"event\":\"end\"", StringComparison.Ordinal)));
        Assert.Single(piped, static line => line.Contains("\"disagreement\"", StringComparison.Ordinal));
        second.Signal("TERM");
        second.Finish().Expect(0);

        // What ends the wait does not end the job.
        using var waiting = PortolanProgram.Start("scan", "--vantage", "dmz", "127.0.0.1", "-p", "1-9", "--fleet-config", config);
        waiting.WaitForError("zone dmz");
        waiting.Signal("TERM");
        var left = waiting.Finish().Expect(143);
        Assert.Matches("job [0-9]+ continues", left.Error);
        Fleet("results", "999").Expect(1);
        Fleet("jobs", "999").Expect(1);
        Fleet("cancel", job).Expect(1);
        Fleet("cancel", Fleet("start", "127.0.0.1", "-p", "80", "--zone", "none").Expect(0).Output.Trim()).Expect(0);
        var other = Path.Combine(own, "other.yaml");
        AsNobody(["agent", "join", "--config", other], Fleet("invite", "user-2", "--zone", "lan").Expect(0).Output).Expect(0);
        AsNobody(["agent", "leave", "--config", other], "").Expect(0);
        Assert.Empty(Directory.GetFiles(own, "other*"));
        Fleet("revoke", "user-1").Expect(0);
        agent.WaitForError("refuses the user user-1");
        Fleet("revoke", "user-1").Expect(1);
        agent.Signal("TERM");
        agent.Finish().Expect(0);
        coordinator.Signal("TERM");
        coordinator.Finish().Expect(0);

        RunResult Fleet(string command, params string[] words) =>
            PortolanProgram.Run(["fleet", command, .. words, "--config", config]);

        JsonElement Jobs(string id) =>
            JsonDocument.Parse(Fleet("jobs", id, "--json").Expect(0).Output).RootElement.GetProperty("jobs")[0].Clone();
    }

    private static RunResult AsNobody(string[] words, string input) => PortolanProgram.AsNobody(words) is [var path, .. var rest]
        ? Programs.Run(path, rest, input) : throw new InvalidOperationException();

    private static RunningProgram StartAsNobody(string[] words) => PortolanProgram.AsNobody(words) is [var path, .. var rest]
        ? Programs.Start(path, rest) : throw new InvalidOperationException();

    private string Write(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, text + "\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return path;
    }
}
