using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Portolan.Fleet.Agent;
using Portolan.Fleet.Broker;
using Portolan.Fleet.Coordinator;
using Portolan.Fleet.Jobs;
using Portolan.Fleet.Messages;
using Portolan.Fleet.Settings;
using Portolan.Model;
using Portolan.Tests.Fleet;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace Portolan.Kernel.Tests.Fleet;

/// <summary>Who may join, what an agent may do at the broker, and what becomes of one that lies or is revoked.</summary>
public sealed class FleetTrustTests : IDisposable
{
    private const string Lab =
        """
        name: trust
        vantage: { network: net, address: 198.18.255.250 }
        networks: { net: 198.18.0.0/16 }
        hosts:
          web: { addresses: 198.18.1.1-198.18.1.60, ports: [http] }
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("portolan-trust").FullName;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task An_agent_joins_once_by_a_token_and_works()
    {
        Assert.SkipWhen(FleetLab.MissingReason is not null, FleetLab.MissingReason ?? "");
        await using var fleet = await FleetLab.StartAsync(Lab);
        using var management = new ManagementApi(fleet.Rabbit.ManagementUri, fleet.Broker);
        var members = new Membership(fleet.Database, management);
        fleet.StartCoordinator(membership: members);
        var token = JoinToken.Parse((await members.InviteAsync(
            "lan-1", "lan", TimeSpan.FromMinutes(5), fleet.Broker.Uri, authority: null, Token)).ToString());
        var file = Path.Combine(_folder, "agent.yaml");
        var join = new AgentJoin(file, TimeProvider.System);
        await join.JoinAsync(token, [FleetLab.Prefix("198.18.0.0/15")], Token);
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(_folder, "agent.password")));
        var settings = AgentSettingsFile.Read(file);
        Assert.Equal(("lan-1", "lan"), (settings.Name, settings.Zone));
        fleet.StartAgent(settings);
        var job = await fleet.FinishAsync(await fleet.Jobs.CreateAsync(
            new JobRequest(new JobSpec { Targets = ["198.18.1.1-64"], Tcp = "80", Seed = 2 }, ["lan"]), Token));
        Assert.Equal(60, job.Vantages[0].Open);

        // It holds once, and files that are there are not overwritten.
        var there = await Assert.ThrowsAsync<PortolanException>(() => join.JoinAsync(token, [], Token));
        Assert.Contains("has joined", there.Message, StringComparison.Ordinal);
        var again = await Assert.ThrowsAsync<PortolanException>(
            () => new AgentJoin(Path.Combine(_folder, "b.yaml"), TimeProvider.System).JoinAsync(token, [], Token));
        Assert.Contains("the token was used before", again.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(_folder, "b.yaml")));

        Assert.True(await join.LeaveAsync(settings, Token));
        Assert.Empty(Directory.GetFiles(_folder));
        await fleet.UntilAsync(async () => !(await UsersAsync(fleet)).Contains("lan-1"), "the agent's user is gone");
    }

    [Fact]
    public async Task A_token_that_has_expired_says_so_and_one_that_was_replaced_is_not_let_in()
    {
        Assert.SkipWhen(FleetLab.MissingReason is not null, FleetLab.MissingReason ?? "");
        await using var fleet = await FleetLab.StartAsync(Lab);
        using var management = new ManagementApi(fleet.Rabbit.ManagementUri, fleet.Broker);
        var members = new Membership(fleet.Database, management);
        fleet.StartCoordinator(membership: members);
        var join = new AgentJoin(Path.Combine(_folder, "agent.yaml"), TimeProvider.System);
        var old = await members.InviteAsync("lan-7", "lan", TimeSpan.Zero, fleet.Broker.Uri, null, Token);
        Assert.Contains(
            "the token has expired", (await Assert.ThrowsAsync<PortolanException>(() => join.JoinAsync(old, [], Token))).Message,
            StringComparison.Ordinal);
        await members.InviteAsync("lan-7", "lan", TimeSpan.FromMinutes(5), fleet.Broker.Uri, null, Token);
        Assert.Contains(
            "does not let this token in", (await Assert.ThrowsAsync<PortolanException>(() => join.JoinAsync(old, [], Token))).Message,
            StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(_folder));
    }

    [Fact]
    public async Task The_user_of_a_token_of_long_ago_is_removed_by_the_coordinator_itself()
    {
        Assert.SkipWhen(FleetLab.MissingReason is not null, FleetLab.MissingReason ?? "");
        await using var fleet = await FleetLab.StartAsync(Lab);
        using var management = new ManagementApi(fleet.Rabbit.ManagementUri, fleet.Broker);
        var members = new Membership(fleet.Database, management);
        var token = await members.InviteAsync("lan-8", "lan", TimeSpan.FromMinutes(5), fleet.Broker.Uri, null, Token);
        var guest = new Uri(token.Broker).UserInfo;
        Assert.Contains(guest, await UsersAsync(fleet), StringComparison.Ordinal);
        await fleet.ChangeAsync("update invitation set expires_at = now() - interval '2 days'");
        fleet.StartCoordinator(membership: members);
        await fleet.UntilAsync(
            async () => !(await UsersAsync(fleet)).Contains(guest, StringComparison.Ordinal), "the token's user is gone");
    }

    [Fact]
    public async Task An_agent_reads_its_zone_only_and_sends_in_its_own_name_only()
    {
        Assert.SkipWhen(FleetLab.MissingReason is not null, FleetLab.MissingReason ?? "");
        await using var fleet = await FleetLab.StartAsync(Lab);
        fleet.StartCoordinator();
        fleet.StartAgent("one");
        fleet.StartAgent("two", zone: "dmz");
        await fleet.UntilAsync(async () => (await new AgentTable(fleet.Database).ReadAsync(Token)).Count == 2, "both agents are known");
        await using var connection = await fleet.AddressOf("one", "one").ConnectAsync("test", Token);
        await RefusedAsync(connection, channel => channel.QueueDeclareAsync("mine", cancellationToken: Token));
        await RefusedAsync(connection, async channel => await channel.BasicGetAsync(BrokerTopology.WorkOf("dmz"), true, Token));
        await RefusedAsync(connection, async channel => await channel.BasicGetAsync(BrokerTopology.Results(0), true, Token));
        await RefusedAsync(connection, channel => SendAsync(channel, BrokerTopology.LeaseKey("two"), "one"));
        await RefusedAsync(connection, channel => SendAsync(channel, BrokerTopology.LeaseKey("one"), "two"));
        await RefusedAsync(connection, channel => SendAsync(channel, "results.two.0", "one"));
        await RefusedAsync(connection, async channel => await channel.BasicPublishAsync(
            BrokerTopology.Work, "lan", mandatory: true, new BasicProperties(), new byte[] { 1 }, Token));
        await RefusedAsync(connection, async channel => await channel.BasicPublishAsync(
            "", BrokerTopology.Results(0), mandatory: true, new BasicProperties(), new byte[] { 1 }, Token));
    }

    [Fact]
    public async Task A_message_without_the_senders_name_and_a_lie_about_the_chunk_are_refused_and_written_down()
    {
        Assert.SkipWhen(FleetLab.MissingReason is not null, FleetLab.MissingReason ?? "");
        await using var fleet = await FleetLab.StartAsync(Lab);
        fleet.StartCoordinator();
        fleet.StartAgent("one");
        var job = await fleet.FinishAsync(await fleet.Jobs.CreateAsync(
            new JobRequest(new JobSpec { Targets = ["198.18.1.1-4"], Tcp = "80", Seed = 2, SkipsDiscovery = true }, ["lan"]), Token));
        using (var management = new ManagementApi(fleet.Rabbit.ManagementUri, fleet.Broker))
        {
            await management.PutAgentAsync("liar", "lan", "liar", Token);
        }

        await using var connection = await fleet.AddressOf("liar", "liar").ConnectAsync("test", Token);
        await using var channel = await connection.CreateChannelAsync(
            new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true), Token);
        var batch = new ResultBatch
        {
            Job = job.Id,
            Chunk = 1,
            Attempt = 1,
            Agent = "liar",
            From = 0,
            To = 1,
            Codes = ProbeCode.Pack([ProbeCode.Of(PortState.Closed, Portolan.Scan.Results.ReplyReason.Reset)]),
        };
        await SendAsync(channel, "results.liar.0", "liar", batch);
        await SendAsync(channel, "results.liar.0", "liar", batch with { Agent = "one" });
        await SendAsync(channel, "results.liar.0", "liar", batch with { Job = job.Id + 1 });
        await SendAsync(channel, "results.liar.0", userId: null, batch);
        await fleet.UntilAsync(() => Task.FromResult(fleet.Refusals().Count >= 4), "all four are refused");
        Assert.Equal(
            [
                ": a message without the sender's user-id", "liar: the batch is in the name of one",
                "liar: the chunk is not leased to the agent", "liar: the chunk is not of that job",
            ],
            fleet.Refusals().Order(StringComparer.Ordinal));
        Assert.Equal(4, (await fleet.StatesAsync(job)).Count(static s => s.Value == PortState.Open));
    }

    [Fact]
    public async Task A_revoked_agent_is_cut_off_and_its_chunk_goes_to_another()
    {
        Assert.SkipWhen(FleetLab.MissingReason is not null, FleetLab.MissingReason ?? "");
        await using var fleet = await FleetLab.StartAsync(Lab);
        using var management = new ManagementApi(fleet.Rabbit.ManagementUri, fleet.Broker);
        var members = new Membership(fleet.Database, management);
        fleet.StartCoordinator(membership: members);
        using var hold = new ManualResetEventSlim();
        fleet.StartAgent("leaving", around: (_, open) => (settings, probes) =>
        {
            hold.Wait(Token);
            return open(settings, probes);
        });
        var id = await fleet.Jobs.CreateAsync(
            new JobRequest(new JobSpec { Targets = ["198.18.1.1-60"], Tcp = "80", Seed = 2, SkipsDiscovery = true }, ["lan"]), Token);
        await fleet.UntilAsync(
            async () => (await new AgentTable(fleet.Database).ReadAsync(Token)).Any(static a => a.Chunks > 0), "the agent has a chunk");
        Assert.True(await members.RevokeAsync("leaving", Token));
        Assert.False(await members.RevokeAsync("leaving", Token));
        await Assert.ThrowsAnyAsync<BrokerUnreachableException>(() => fleet.AddressOf("leaving", "leaving").ConnectAsync("test", Token));
        hold.Set();
        fleet.StartAgent("two");
        var job = await fleet.FinishAsync(id);
        Assert.Equal(60, job.Vantages[0].Open);
        Assert.Equal(["two"], (await new AgentTable(fleet.Database).ReadAsync(Token)).Select(static a => a.Name));
    }

    [Fact]
    public async Task A_broker_of_another_authority_or_name_is_not_trusted()
    {
        Assert.SkipWhen(FleetLab.MissingReason is not null, FleetLab.MissingReason ?? "");
        var (authority, certificate, key) = MakeCertificate("127.0.0.1");
        var port = ServerFolder.FreePorts(1)[0];
        await using var rabbit = await RabbitMqServer.StartAsync(new RabbitMqOptions
        {
            Configuration =
            [
                $"listeners.ssl.1 = 127.0.0.1:{port}", "ssl_options.cacertfile = {data}/ca.pem", "ssl_options.certfile = {data}/cert.pem",
                "ssl_options.keyfile = {data}/key.pem", "ssl_options.versions.1 = tlsv1.3", "ssl_options.verify = verify_none",
            ],
            Files = new Dictionary<string, byte[]>
            {
                ["ca.pem"] = System.Text.Encoding.ASCII.GetBytes(authority),
                ["cert.pem"] = System.Text.Encoding.ASCII.GetBytes(certificate),
                ["key.pem"] = System.Text.Encoding.ASCII.GetBytes(key),
            },
        });
        var broker = BrokerAddress.Parse($"amqps://{rabbit.User}@127.0.0.1:{port}/%2F", rabbit.Password);
        await using (var connection = await (broker with { Authority = authority }).ConnectAsync("test", Token))
        {
            Assert.True(connection.IsOpen);
        }

        await Assert.ThrowsAnyAsync<BrokerUnreachableException>(() => broker.ConnectAsync("test", Token));
        await Assert.ThrowsAnyAsync<BrokerUnreachableException>(
            () => (broker with { Authority = MakeCertificate("127.0.0.1").Authority }).ConnectAsync("test", Token));
        await Assert.ThrowsAnyAsync<BrokerUnreachableException>(
            () => (BrokerAddress.Parse($"amqps://{rabbit.User}@localhost:{port}/%2F", rabbit.Password) with { Authority = authority })
                .ConnectAsync("test", Token));
    }

    private static async Task<string> UsersAsync(FleetLab fleet) => await fleet.Rabbit.ManagementAsync(HttpMethod.Get, "api/users");

    private static async Task RefusedAsync(IConnection connection, Func<IChannel, Task> attempt)
    {
        await using var channel = await connection.CreateChannelAsync(
            new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true), Token);
        await Assert.ThrowsAnyAsync<Exception>(() => attempt(channel));
        Assert.True(channel.CloseReason?.ReplyCode is 403 or 406, channel.CloseReason?.ToString());
    }

    private static async Task SendAsync(IChannel channel, string key, string? userId, ResultBatch? batch = null)
    {
        var properties = new BasicProperties();
        if (userId is not null)
        {
            properties.UserId = userId;
        }

        var body = batch is null ? [1] : JsonSerializer.SerializeToUtf8Bytes(batch, FleetJson.Default.ResultBatch);
        await channel.BasicPublishAsync(BrokerTopology.Agents, key, mandatory: true, properties, body, Token);
    }

    private static (string Authority, string Certificate, string Key) MakeCertificate(string address)
    {
        using var rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var rootRequest = new CertificateRequest("CN=fleet test authority", rootKey, HashAlgorithmName.SHA256);
        rootRequest.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        var now = TimeProvider.System.GetUtcNow();
        using var root = rootRequest.CreateSelfSigned(now.AddMinutes(-5), now.AddDays(1));
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=broker", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Parse(address));
        request.CertificateExtensions.Add(names.Build());
        using var leaf = request.Create(root, now.AddMinutes(-5), now.AddHours(12), RandomNumberGenerator.GetBytes(8));
        return (root.ExportCertificatePem(), leaf.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }
}
