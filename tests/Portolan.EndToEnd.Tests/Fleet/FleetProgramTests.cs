using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Portolan.EndToEnd.Tests.Serving;
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
        using var coordinator = PortolanProgram.Start("fleet", "serve", "--config", config, "--metrics", "0");
        coordinator.WaitForError("connected to the broker");

        var token = Fleet("invite", "user-1", "--zone", "lan").Expect(0).Output;
        var own = Directory.CreateDirectory(Path.Combine(_folder, "agent")).FullName;
        File.SetUnixFileMode(_folder, (UnixFileMode)0b111_001_001);
        File.SetUnixFileMode(own, (UnixFileMode)0b111_111_111);
        var settings = Path.Combine(own, "agent.yaml");
        AsNobody(["agent", "join", "--network", "127.0.0.0/8", "--config", settings], token).Expect(0);
        Assert.Contains("the token was used before", AsNobody(
            ["agent", "join", "--config", Path.Combine(own, "b.yaml")], token).Expect(3).Error, StringComparison.Ordinal);
        using var agent = StartAsNobody(["agent", "--config", settings, "--metrics", "[::1]:0", "--log", "json"]);
        agent.WaitForError("connections, without CAP_NET_RAW");
        agent.WaitForError("broker-connected");

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

        var fleet = await MetricsAsync(coordinator.WaitForError("/metrics"));
        Assert.True(fleet["portolan_fleet_leases_total{outcome=\"granted\"}"] >= 1);
        Assert.True(fleet["portolan_fleet_positions_total"] >= high - low + 1);
        Assert.Contains("portolan_fleet_chunks{state=\"given-up\"}", fleet.Keys);
        Assert.True(fleet["portolan_fleet_observations_total"] >= 1);
        Assert.Equal(0, fleet["portolan_fleet_batches_total{outcome=\"refused\"}"]);
        Assert.True(fleet["portolan_fleet_last_ingest_seconds"] > 0);
        Assert.Contains("portolan_fleet_last_success_timestamp_seconds{of=\"broker\"}", fleet.Keys);
        Assert.Contains("portolan_fleet_last_success_timestamp_seconds{of=\"database\"}", fleet.Keys);
        var counted = await MetricsAsync(agent.WaitForError("/metrics"));
        Assert.True(counted["portolan_agent_probes_sent_total"] >= high - low + 1);
        Assert.True(counted["portolan_agent_chunks_done_total"] >= 1);
        Assert.InRange(counted["portolan_agent_lease_held"], 0, 1);
        Assert.InRange(counted["portolan_agent_broker_contact_seconds"], 0, 3600);

        // An agent that drains is given nothing; the whole is at a glance.
        Fleet("drain", "user-1").Expect(0);
        Fleet("drain", "user-9").Expect(1);
        Assert.Contains("draining", Fleet("agents").Expect(0).Output, StringComparison.Ordinal);
        Assert.Matches("(?m)^lan +1 +1 +0 +1$", Fleet("status").Expect(0).Output);
        Fleet("drain", "user-1", "--undo").Expect(0);
        var status = JsonSchema.AssertValid(Fleet("status", "--json").Expect(0).Output);
        Assert.Equal(0, status.GetProperty("zones")[0].GetProperty("draining").GetInt32());

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
        // A job of two zones is printed as they see it, with the same difference.
        var twice = JsonDocument.Parse(piped[0]).RootElement.GetProperty("job").GetRawText();
        var shown = Fleet("results", twice).Expect(3);
        Assert.Matches(@"(?s)From dmz:.+From lan:.+What differs", shown.Output);
        Assert.Contains($"job {twice} is not complete from zone dmz", shown.Error, StringComparison.Ordinal);
        Assert.Single(
            Fleet("results", twice, "--json").Expect(3).Output.Split('\n'),
            static line => line.Contains("\"disagreement\"", StringComparison.Ordinal));
        Assert.DoesNotContain("differs", Fleet("results", twice, "--zone", "lan").Expect(0).Output, StringComparison.Ordinal);
        Fleet("results", twice, "--zone", "wan").Expect(2);
        Fleet("invite", "user-4", "--zone", "all").Expect(2);

        // Who can reach it, from where; the agent in the dmz may not connect there.
        var target = $"127.0.0.1:{port}";
        string[] check = ["check", "--vantage", "all", "--no-identify", "--fleet-config", config];
        var seen = PortolanProgram.Run([.. check, target]).Expect(3).Output;
        Assert.Contains("From lan (agent user-1):", seen, StringComparison.Ordinal);
        Assert.Contains($"port {port} of 127.0.0.1 is out of the agent's scope", seen, StringComparison.Ordinal);
        Assert.Matches($@"(?m)^{target} +unknown +open$", seen);
        var documents = PortolanProgram.Run([.. check, target, "--json"]).Expect(3).Output.TrimEnd('\n').Split('\n');
        Assert.Equal(2, documents.Length);
        Assert.All(documents, static document => JsonSchema.AssertValid(document));
        var junit = Path.Combine(_folder, "checks.xml");
        PortolanProgram.Run([.. check, $"127.0.0.1:{low}", "--expect", "lan:closed,dmz:open", "--junit", junit]).Expect(1);
        Assert.Contains("<testcase classname=\"127.0.0.1:", File.ReadAllText(junit), StringComparison.Ordinal);
        Assert.Single(File.ReadAllLines(junit), static line => line.Contains("<failure message=\"closed\"", StringComparison.Ordinal));
        PortolanProgram.Run(["check", target, "--vantage", "lan", "--expect", "open", "--fleet-config", config]).Expect(0);
        var foreign = PortolanProgram.Run(["check", target, "--vantage", "lan", "--expect", "dmz:open", "--fleet-config", config]);
        Assert.Contains("--vantage does not name the zone dmz", foreign.Expect(2).Error, StringComparison.Ordinal);
        await ShownByThePageAsync(config, target, port);
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
        Fleet("forget", "999").Expect(1);
        Fleet("forget").Expect(2);
        Fleet("forget", job, "--older", "90d").Expect(2);
        Assert.Contains("nothing to do", Fleet("forget", "--older", "90d").Expect(0).Error, StringComparison.Ordinal);
        Fleet("forget", job).Expect(0);
        Fleet("results", job).Expect(1);
        Fleet("cancel", Fleet("start", "127.0.0.1", "-p", "80", "--zone", "none").Expect(0).Output.Trim()).Expect(0);
        var other = Path.Combine(own, "other.yaml");
        AsNobody(["agent", "join", "--config", other], Fleet("invite", "user-2", "--zone", "lan").Expect(0).Output).Expect(0);
        AsNobody(["agent", "leave", "--config", other], "").Expect(0);
        Assert.Empty(Directory.GetFiles(own, "other*"));
        Fleet("revoke", "user-1").Expect(0);
        var refused = agent.WaitForError("refuses the user user-1");
        Assert.Empty(JsonSchema.Load("portolan.fleet-log/1").Validate(JsonDocument.Parse(refused).RootElement));
        Assert.Equal("broker-refuses-user", JsonDocument.Parse(refused).RootElement.GetProperty("event").GetString());
        Fleet("revoke", "user-1").Expect(1);
        agent.Signal("TERM");
        Assert.All(
            agent.Finish().Expect(0).Error.TrimEnd('\n').Split('\n'),
            line => Assert.Empty(JsonSchema.Load("portolan.fleet-log/1").Validate(JsonDocument.Parse(line).RootElement)));
        coordinator.Signal("TERM");
        coordinator.Finish().Expect(0);

        RunResult Fleet(string command, params string[] words) =>
            PortolanProgram.Run(["fleet", command, .. words, "--config", config]);

        JsonElement Jobs(string id) =>
            JsonDocument.Parse(Fleet("jobs", id, "--json").Expect(0).Output).RootElement.GetProperty("jobs")[0].Clone();
    }

    // Job 3 is that of both zones.
    private static async Task ShownByThePageAsync(string config, string target, int port)
    {
        using var page = new ServedPage("--fleet-config", config);
        var session = await page.OpenAsync();
        Assert.True((await AnswerAsync(HttpMethod.Get, "/api/session")).GetProperty("fleet").GetBoolean());
        var fleet = await AnswerAsync(HttpMethod.Get, "/api/fleet");
        Assert.Equal(
            ["user-3", "user-1"], fleet.GetProperty("agents").EnumerateArray().Select(static a => a.GetProperty("name").GetString()));
        var job = await AnswerAsync(HttpMethod.Get, "/api/fleet/jobs/3");
        Assert.Equal(
            port, Assert.Single(job.GetProperty("disagreement").GetProperty("rows").EnumerateArray()).GetProperty("port").GetInt32());
        var looks = (await AnswerAsync(HttpMethod.Post, "/api/check", new { target, vantage = "all" })).GetProperty("vantages");
        Assert.Equal(
            ["dmz False", "lan True"],
            looks.EnumerateArray().Select(static l => $"{l.GetProperty("vantage")} {l.GetProperty("checks")[0].GetProperty("reached")}"));

        async Task<JsonElement> AnswerAsync(HttpMethod method, string path, object? body = null)
        {
            using var answer = await session.SendAsync(method, path, body);
            var text = await answer.Content.ReadAsStringAsync();
            Assert.True(answer.StatusCode == HttpStatusCode.OK, text);
            return JsonDocument.Parse(text).RootElement;
        }
    }

    [Theory]
    [InlineData("fleet serve --metrics")]
    [InlineData("agent --metrics")]
    public void A_place_for_metrics_that_is_none_is_a_usage_error(string command)
    {
        foreach (var place in new[] { "x", "70000", "1-2", "127.0.0.1", "fe80::1%lo:9", "" })
        {
            var refused = PortolanProgram.Run([.. command.Split(' '), place]).Expect(2);
            Assert.Contains("--metrics", refused.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_format_of_logs_that_is_none_is_a_usage_error_and_a_failure_is_an_object_in_json()
    {
        Assert.Contains(
            "--log is text or json", PortolanProgram.Run("fleet", "serve", "--log", "xml").Expect(2).Error, StringComparison.Ordinal);
        var missing = Path.Combine(_folder, "missing.yaml");
        var failed = PortolanProgram.Run("agent", "--config", missing, "--log", "json").Expect(2).Error.TrimEnd('\n');
        var line = JsonDocument.Parse(failed).RootElement;
        Assert.Empty(JsonSchema.Load("portolan.fleet-log/1").Validate(line));
        Assert.Equal(("failed", "error"), (line.GetProperty("event").GetString(), line.GetProperty("level").GetString()));
        Assert.Contains(missing, line.GetProperty("message").GetString()!, StringComparison.Ordinal);
        Assert.NotEmpty(line.GetProperty("hint").GetString()!);
    }

    /// <summary>Reads what a line of a log says is there, as Prometheus does.</summary>
    private static async Task<Dictionary<string, double>> MetricsAsync(string line)
    {
        var begin = line.IndexOf("http://", StringComparison.Ordinal);
        var address = line[begin..(line.IndexOf("/metrics", begin, StringComparison.Ordinal) + "/metrics".Length)];
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        using var answer = await client.GetAsync(new Uri(address));
        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", answer.Content.Headers.ContentType?.ToString());
        var samples = new Dictionary<string, double>(StringComparer.Ordinal);
        var families = new HashSet<string>(StringComparer.Ordinal);
        foreach (var sample in (await answer.Content.ReadAsStringAsync()).TrimEnd('\n').Split('\n'))
        {
            if (sample.StartsWith("# TYPE ", StringComparison.Ordinal))
            {
                Assert.True(families.Add(sample.Split(' ')[2]), sample);
            }
            else if (!sample.StartsWith('#'))
            {
                Assert.Matches("""^[a-z_]+(\{[a-z]+="[^"]*"(,[a-z]+="[^"]*")*\})? [0-9.E+-]+$""", sample);
                Assert.Contains(sample.Split('{', ' ')[0], families);
                var end = sample.LastIndexOf(' ');
                samples.Add(sample[..end], double.Parse(sample[(end + 1)..], CultureInfo.InvariantCulture));
            }
        }

        return samples;
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
