using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Portolan.Fleet.Agent;
using Portolan.Fleet.Coordinator;
using Portolan.Fleet.Jobs;
using Portolan.Fleet.Settings;
using Portolan.Model;
using Portolan.Reachability.Composing;
using Portolan.Tests.Support;
using Portolan.Watch.Checking;
using Portolan.Web.Access;
using Portolan.Web.Api;
using Portolan.Web.Feed;

namespace Portolan.Kernel.Tests.Fleet;

/// <summary>What the page says of a fleet: of real servers, through the handlers of the routes.</summary>
public sealed class FleetPageTests
{
    private const string Lab =
        """
        name: page
        vantage: { network: net, address: 198.18.255.250 }
        networks: { net: 198.18.0.0/16 }
        hosts:
          web: { addresses: 198.18.1.1-198.18.1.9, ports: [http] }
        """;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_running_job_and_what_its_zones_see_differently()
    {
        Assert.SkipWhen(FleetLab.MissingReason is not null, FleetLab.MissingReason ?? "");
        await using var fleet = await FleetLab.StartAsync(Lab);
        await using var source = SourceOf(fleet);
        fleet.StartCoordinator();
        fleet.StartAgent("lan-1");
        var id = await fleet.Jobs.CreateAsync(
            new JobRequest(new JobSpec { Targets = ["198.18.1.0/28"], Tcp = "80,81", Seed = 3 }, ["lan", "dmz"]), Token);

        // The dmz has no agent: the job runs on.
        await fleet.UntilAsync(async () => Zone(await JobAsync(source, id), "lan").GetProperty("done").GetBoolean(), "lan is done");
        var running = await JobAsync(source, id);
        Assert.Equal("running", running.GetProperty("job").GetProperty("state").GetString());
        Assert.Equal(9, Zone(running, "lan").GetProperty("open").GetInt32());
        Assert.Equal("the job is still running", Assert.Single(
            running.GetProperty("incomplete").EnumerateArray()).GetProperty("why").GetString());
        Assert.Equal(9, running.GetProperty("open").GetArrayLength());
        Assert.Equal(
            "198.18.1.1 tcp 80 lan", string.Join(' ', running.GetProperty("open")[0].EnumerateObject().Select(static p => p.Value).Select(
                static v => v.ValueKind == JsonValueKind.Array ? string.Join(',', v.EnumerateArray()) : v.ToString())));
        var differs = running.GetProperty("disagreement").GetProperty("rows");
        Assert.Equal(9, differs.GetArrayLength());
        Assert.Equal(
            """[{"vantage":"dmz","state":null},{"vantage":"lan","state":"open"}]""",
            JsonSerializer.Serialize(differs[0].GetProperty("states")));

        fleet.StartAgent("dmz-1", "dmz");
        await fleet.FinishAsync(id);
        var done = await JobAsync(source, id);
        Assert.Empty(done.GetProperty("incomplete").EnumerateArray());
        Assert.Equal("dmz,lan", string.Join(',', done.GetProperty("open")[0].GetProperty("zones").EnumerateArray()));
        Assert.Equal("""{"rows":[],"more":false,"others":0}""", JsonSerializer.Serialize(done.GetProperty("disagreement")));

        await using var fresh = SourceOf(fleet);
        var page = await AskAsync(fresh, "GET", "/api/fleet");
        var status = page.GetProperty("status");
        Assert.Empty(JsonSchema.Load("portolan.fleet/1").Validate(status));
        Assert.Equal(["dmz", "lan"], status.GetProperty("zones").EnumerateArray().Select(static z => z.GetProperty("zone").GetString()));
        Assert.Equal(0, status.GetProperty("jobsRunning").GetInt32());
        var agent = page.GetProperty("agents")[0];
        Assert.Equal(
            ("dmz-1", "raw", 2000.0, false),
            (agent.GetProperty("name").GetString(), agent.GetProperty("mode").GetString(), agent.GetProperty("maxRate").GetDouble(),
                agent.GetProperty("silent").GetBoolean()));
        Assert.Equal(id, Assert.Single(page.GetProperty("jobs").EnumerateArray()).GetProperty("job").GetInt64());
        var none = await Assert.ThrowsAsync<ApiError>(() => JobAsync(source, 999));
        Assert.Equal((404, "no-such-job"), (none.Status, none.Code));
    }

    [Fact]
    public async Task A_check_from_each_zone_within_the_scope_of_its_agent()
    {
        Assert.SkipWhen(FleetLab.MissingReason is not null, FleetLab.MissingReason ?? "");
        await using var fleet = await FleetLab.StartAsync(Lab);
        await using var source = SourceOf(fleet);
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        fleet.StartCoordinator();
        StartChecker(fleet, "lan-1", "lan", PortSet.All());
        StartChecker(fleet, "dmz-1", "dmz", PortSet.Parse("1"));
        await fleet.UntilAsync(
            async () => (await new AgentTable(fleet.Database).ReadAsync(Token)).Count == 2, "both agents are known");

        var all = await CheckAsync(source, $"127.0.0.1:{port}", "all");
        Assert.All(all, static document => JsonSchema.AssertValid(document.GetRawText()));
        Assert.Equal(["dmz", "lan"], all.Select(static d => d.GetProperty("vantage").GetString()));
        Assert.False(Check(all[0]).GetProperty("reached").GetBoolean());
        Assert.Equal(
            $"port {port} of 127.0.0.1 is out of the agent's scope", Check(all[0]).GetProperty("summary").GetString());
        Assert.True(Check(all[1]).GetProperty("reached").GetBoolean());
        Assert.Equal("lan-1", all[1].GetProperty("host").GetString());

        // What a page never connects to, no agent connects to for it.
        var metadata = Assert.Single(await CheckAsync(source, "169.254.169.254:80", "lan"));
        Assert.Contains("metadata service", Check(metadata).GetProperty("summary").GetString(), StringComparison.Ordinal);
        var unknown = await Assert.ThrowsAsync<PortolanException>(() => CheckAsync(source, "127.0.0.1:9", "none"));
        Assert.Equal("no agent has joined in zone none", unknown.Message);
    }

    private static void StartChecker(FleetLab fleet, string name, string zone, PortSet ports)
    {
        var scope = new AgentScope(
            [FleetLab.Prefix("127.0.0.0/8"), FleetLab.Prefix("169.254.0.0/16")], [], ports, withPrinterPorts: false, maxRate: null);
        fleet.MakeUser(name, zone);
        fleet.StartAgent(
            new AgentSettings(zone, fleet.AddressOf(name, name), scope),
            checker: static (options, guard) => CheckSetup.Make(options, null, new Machine { IsThisHost = true }, guard));
    }

    private static FleetSource SourceOf(FleetLab fleet) => new(
        new FleetSettings(fleet.Broker, fleet.Rabbit.ManagementUri, fleet.Made.ConnectionString) { ForAgents = fleet.Broker.Uri },
        config: null, TimeProvider.System);

    private static Task<JsonElement> JobAsync(FleetSource source, long id) => AskAsync(source, "GET", "/api/fleet/jobs/{job}", job: id);

    private static JsonElement Zone(JsonElement page, string zone) => page.GetProperty("job").GetProperty("zones").EnumerateArray()
        .First(z => z.GetProperty("zone").GetString() == zone);

    private static JsonElement Check(JsonElement document) => Assert.Single(document.GetProperty("checks").EnumerateArray());

    private static async Task<List<JsonElement>> CheckAsync(FleetSource source, string target, string zone) =>
    [
        .. (await AskAsync(source, "POST", "/api/check", $$"""{"target": "{{target}}", "vantage": "{{zone}}"}""")).GetProperty("vantages")
            .EnumerateArray(),
    ];

    private static async Task<JsonElement> AskAsync(FleetSource source, string method, string path, string? body = null, long job = 0)
    {
        using var answer = new MemoryStream();
        var http = new DefaultHttpContext();
        http.Request.Method = method;
        http.Request.RouteValues["job"] = FormattableString.Invariant($"{job}");
        http.Response.Body = answer;
        if (body is not null)
        {
            http.Request.ContentType = "application/json";
            http.Request.Body = new MemoryStream(Encoding.UTF8.GetBytes(body));
        }

        IReadOnlyList<ApiRoute> routes = [.. new FleetRoutes(source).All, .. new CheckRoutes(null!, source).All];
        await Assert.Single(routes, r => r.Method == method && r.Path == path).Handle(
            new ApiExchange(http, new Caller(Scope.Read | Scope.Scan, "test", null, null)));
        return JsonDocument.Parse(answer.ToArray()).RootElement;
    }
}
