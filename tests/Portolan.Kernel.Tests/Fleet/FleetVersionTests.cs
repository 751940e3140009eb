using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using Portolan.Fleet.Broker;
using Portolan.Fleet.Coordinator;
using Portolan.Fleet.Jobs;
using Portolan.Fleet.Messages;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace Portolan.Kernel.Tests.Fleet;

/// <summary>Coordinators, agents and a database of different versions: they agree, or say what to install where.</summary>
public sealed class FleetVersionTests
{
    private const string Lab =
        """
        name: versions
        vantage: { network: net, address: 198.18.255.250 }
        networks: { net: 198.18.0.0/16 }
        hosts:
          web: { addresses: 198.18.1.1-198.18.1.4, ports: [http] }
        """;

    private static readonly JobRequest Job = new(
        new JobSpec { Targets = ["198.18.1.1-4"], Tcp = "80", Seed = 2, SkipsDiscovery = true }, ["lan"]);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("""{"version":0,"engine":1,"verb":"Hello"}""", "install the coordinator's portolan on the agent's machine")]
    [InlineData("""{"version":1,"engine":0,"verb":"Take"}""", "install the coordinator's portolan on the agent's machine")]
    [InlineData("""{"version":2,"engine":1,"verb":"Dance","with":["me"]}""", "install the agent's portolan where the coordinator is")]
    [InlineData("""{"version":1,"engine":2}""", "install the agent's portolan where the coordinator is")]
    public async Task An_agent_of_another_version_is_refused_with_the_remedy(string request, string remedy)
    {
        Assert.SkipWhen(FleetLab.MissingReason is not null, FleetLab.MissingReason ?? "");
        await using var fleet = await FleetLab.StartAsync(Lab);
        fleet.StartCoordinator();
        fleet.MakeUser("other");
        var reply = await AskAsync(fleet, "other", request);
        Assert.Equal("Refused", reply.GetProperty("outcome").GetString());
        Assert.Contains(remedy, reply.GetProperty("reason").GetString()!, StringComparison.Ordinal);
        Assert.True(fleet.HasSaid("agent other is refused"));
        Assert.Equal(0, await fleet.CountAsync("select count(*) from agent"));
    }

    [Fact]
    public async Task Fields_that_are_unknown_are_passed_over()
    {
        Assert.SkipWhen(FleetLab.MissingReason is not null, FleetLab.MissingReason ?? "");
        await using var fleet = await FleetLab.StartAsync(Lab);
        fleet.StartCoordinator();
        fleet.MakeUser("other");
        var reply = await AskAsync(
            fleet, "other",
            $$$"""
            {"version":{{{ChunkMessage.CurrentVersion}}},"engine":{{{JobSpec.CurrentEngine}}},"verb":"Hello","agent":"other","zone":"lan",
            "mood":{"is":"good"}}
            """);
        Assert.Equal("Welcome", reply.GetProperty("outcome").GetString());
    }

    [Theory]
    [InlineData("""{"outcome":"Refused","reason":"it is old: install the new portolan","since":2}""", "install the new portolan")]
    [InlineData("""{"outcome":"Dance"}""", "its answer cannot be read: install the coordinator's portolan")]
    [InlineData("""{"result":{}}""", "its answer cannot be read: install the coordinator's portolan")]
    public async Task An_agent_ends_with_the_reason_that_a_newer_coordinator_gives(string answer, string words)
    {
        Assert.SkipWhen(FleetLab.MissingReason is not null, FleetLab.MissingReason ?? "");
        await using var fleet = await FleetLab.StartAsync(Lab);
        await using var newer = await AnswerAsync(fleet, _ => answer);
        fleet.StartAgent("one");
        await fleet.UntilAsync(() => Task.FromResult(fleet.HasSaid("the coordinator refuses this agent")), "the agent ends");
        Assert.True(fleet.HasSaid(words), string.Join('\n', fleet.Tail()));
    }

    [Fact]
    public async Task An_agent_that_runs_notices_that_the_coordinator_was_replaced()
    {
        Assert.SkipWhen(FleetLab.MissingReason is not null, FleetLab.MissingReason ?? "");
        await using var fleet = await FleetLab.StartAsync(Lab);
        fleet.StartCoordinator();
        fleet.StartAgent("one");
        await fleet.UntilAsync(() => Task.FromResult(fleet.HasSaid("one: connected")), "the agent is connected");
        await fleet.EndAsync("coordinator");
        await using var newer = await AnswerAsync(fleet, static _ => """{"outcome":"Refused","reason":"it is old"}""");
        await fleet.UntilAsync(() => Task.FromResult(fleet.HasSaid("refuses this agent: it is old")), "the idle agent ends");
    }

    [Fact]
    public async Task A_coordinator_ends_when_a_newer_program_has_changed_the_tables()
    {
        Assert.SkipWhen(FleetLab.MissingReason is not null, FleetLab.MissingReason ?? "");
        await using var fleet = await FleetLab.StartAsync(Lab);
        fleet.StartCoordinator();
        fleet.StartAgent("one");
        await fleet.FinishAsync(await fleet.Jobs.CreateAsync(Job, Token));
        await fleet.ChangeAsync("insert into schema_version (version) values (999)");
        await fleet.UntilAsync(
            () => Task.FromResult(fleet.HasSaid("the database has schema 999, which is newer than this program")), "it ends");
        await fleet.ChangeAsync("delete from schema_version where version = 999");
        fleet.StartCoordinator("second");
        var job = await fleet.FinishAsync(await fleet.Jobs.CreateAsync(Job, Token));
        Assert.Equal(4, job.Vantages[0].Open);
    }

    [Fact]
    public async Task A_job_of_another_order_is_left_alone_and_named_and_others_go_on()
    {
        Assert.SkipWhen(FleetLab.MissingReason is not null, FleetLab.MissingReason ?? "");
        await using var fleet = await FleetLab.StartAsync(Lab);
        var newer = await fleet.Jobs.CreateAsync(Job, Token);
        await fleet.ChangeAsync(
            "update job set spec = $2 where id = $1", newer,
            (Job.Spec with { Engine = JobSpec.CurrentEngine + 1 }).ToBytes());
        fleet.StartCoordinator();
        fleet.StartAgent("one");
        var job = await fleet.FinishAsync(await fleet.Jobs.CreateAsync(Job, Token));
        Assert.Equal(4, job.Vantages[0].Open);
        Assert.True(fleet.HasSaid($"job {newer} is not worked on: it has order 2, and this program knows order 1: install the newer"));
        Assert.Equal(0, await fleet.CountAsync("select count(*) from chunk where job = $1", newer));
    }

    private static async Task<JsonElement> AskAsync(FleetLab fleet, string agent, string request)
    {
        await using var connection = await fleet.AddressOf(agent, agent).ConnectAsync("test", Token);
        await using var channel = await connection.CreateChannelAsync(cancellationToken: Token);
        var answers = Channel.CreateUnbounded<string>();
        var consumer = new AsyncEventingBasicConsumer(channel);
        consumer.ReceivedAsync += async (_, message) => await answers.Writer.WriteAsync(Encoding.UTF8.GetString(message.Body.Span), Token);
        await channel.BasicConsumeAsync("amq.rabbitmq.reply-to", autoAck: true, consumer, Token);

        // The coordinator declares its queues when it connects; a request before is lost.
        await fleet.UntilAsync(() => Task.FromResult(fleet.HasSaid("connected to the broker")), "the coordinator is connected");
        await channel.BasicPublishAsync(
            BrokerTopology.Agents, BrokerTopology.LeaseKey(agent), mandatory: false,
            new BasicProperties { UserId = agent, ReplyTo = "amq.rabbitmq.reply-to", CorrelationId = "1" }, Encoding.UTF8.GetBytes(request),
            Token);
        return JsonDocument.Parse(await answers.Reader.ReadAsync(Token)).RootElement;
    }

    // What stands for a coordinator that is newer: it answers every request so.
    private static async Task<IConnection> AnswerAsync(FleetLab fleet, Func<string, string> answer)
    {
        var connection = await fleet.Broker.ConnectAsync("test", Token);
        var channel = await connection.CreateChannelAsync(cancellationToken: Token);
        var consumer = new AsyncEventingBasicConsumer(channel);
        consumer.ReceivedAsync += async (_, message) => await channel.BasicPublishAsync(
            "", message.BasicProperties.ReplyTo!, mandatory: false,
            new BasicProperties { CorrelationId = message.BasicProperties.CorrelationId },
            Encoding.UTF8.GetBytes(answer(Encoding.UTF8.GetString(message.Body.Span))), Token);
        await channel.BasicConsumeAsync(BrokerTopology.Leases, autoAck: true, consumer, Token);
        return connection;
    }
}
