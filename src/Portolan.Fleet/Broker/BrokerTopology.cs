using RabbitMQ.Client;

namespace Portolan.Fleet.Broker;

/// <summary>The exchanges and queues of a fleet. Work and results lie in quorum queues; requests for leases are not kept.</summary>
public static class BrokerTopology
{
    /// <summary>Chunks go here, by zone.</summary>
    public const string Work = "portolan.work";

    /// <summary>Checks go here, by zone.</summary>
    public const string Checks = "portolan.checks";

    /// <summary>Agents send here: <c>lease.AGENT</c>, <c>results.AGENT.N</c> and <c>answer.AGENT</c>.</summary>
    public const string Agents = "portolan.agents";

    /// <summary>Requests for leases.</summary>
    public const string Leases = "portolan.leases";

    /// <summary>Requests to join.</summary>
    public const string Joins = "portolan.joins";

    /// <summary>How many queues results are spread over, by chunk: those of a chunk stay in order.</summary>
    public const int ResultQueues = 4;

    /// <summary>What could not be delivered goes here.</summary>
    public const string Dead = "portolan.dead";

    // What is delivered more often than this without an answer is not delivered again.
    private const int DeliveryLimit = 20;
    private const int LeaseSeconds = 10;

    /// <summary>The queue of results with a number.</summary>
    public static string Results(int number) => FormattableString.Invariant($"portolan.results.{number}");

    /// <summary>The queue of a zone's chunks.</summary>
    public static string WorkOf(string zone) => $"{Work}.{zone}";

    /// <summary>The queue of a zone's checks.</summary>
    public static string ChecksOf(string zone) => $"{Checks}.{zone}";

    /// <summary>The key that an agent answers a check with.</summary>
    public static string AnswerKey(string agent) => $"answer.{agent}";

    /// <summary>The key that the user of an invitation asks to join with.</summary>
    public static string JoinKey(string guest) => $"join.{guest}";

    /// <summary>The key that an agent asks for leases with.</summary>
    public static string LeaseKey(string agent) => $"lease.{agent}";

    /// <summary>The key that an agent sends a chunk's results with.</summary>
    public static string ResultKey(string agent, long chunk) => FormattableString.Invariant($"results.{agent}.{chunk % ResultQueues}");

    /// <summary>Makes what all zones share, by a connection of its own.</summary>
    public static async Task DeclareAsync(BrokerAddress broker, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(broker);
        await using var connection = await broker.ConnectAsync("portolan fleet init", cancellation);
        await using var channel = await connection.CreateChannelAsync(cancellationToken: cancellation);
        await DeclareAsync(channel, cancellation);
    }

    /// <summary>Makes what all zones share, as far as it is not there.</summary>
    internal static async Task DeclareAsync(IChannel channel, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(channel);
        await channel.ExchangeDeclareAsync(Dead, ExchangeType.Fanout, durable: true, cancellationToken: cancellation);
        await channel.QueueDeclareAsync(
            Dead, durable: true, exclusive: false, autoDelete: false, new Dictionary<string, object?> { ["x-queue-type"] = "quorum" },
            cancellationToken: cancellation);
        await channel.QueueBindAsync(Dead, Dead, "", cancellationToken: cancellation);
        await channel.ExchangeDeclareAsync(Work, ExchangeType.Direct, durable: true, cancellationToken: cancellation);
        await channel.ExchangeDeclareAsync(Checks, ExchangeType.Direct, durable: true, cancellationToken: cancellation);
        await channel.ExchangeDeclareAsync(Agents, ExchangeType.Topic, durable: true, cancellationToken: cancellation);

        // A request that waited for long would be answered to an agent that asks anew.
        await channel.QueueDeclareAsync(
            Leases, durable: true, exclusive: false, autoDelete: false,
            new Dictionary<string, object?> { ["x-message-ttl"] = LeaseSeconds * 1000 }, cancellationToken: cancellation);
        await channel.QueueBindAsync(Leases, Agents, "lease.*", cancellationToken: cancellation);
        await channel.QueueDeclareAsync(
            Joins, durable: true, exclusive: false, autoDelete: false,
            new Dictionary<string, object?> { ["x-message-ttl"] = LeaseSeconds * 1000 }, cancellationToken: cancellation);
        await channel.QueueBindAsync(Joins, Agents, "join.*", cancellationToken: cancellation);
        for (var number = 0; number < ResultQueues; number++)
        {
            var name = Results(number);
            await channel.QueueDeclareAsync(
                name, durable: true, exclusive: false, autoDelete: false,
                new Dictionary<string, object?>(Kept()) { ["x-single-active-consumer"] = true }, cancellationToken: cancellation);
            await channel.QueueBindAsync(
                name, Agents, FormattableString.Invariant($"results.*.{number}"), cancellationToken: cancellation);
        }
    }

    /// <summary>Makes the queue of a zone.</summary>
    internal static async Task DeclareZoneAsync(IChannel channel, string zone, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(channel);
        await channel.QueueDeclareAsync(
            WorkOf(zone), durable: true, exclusive: false, autoDelete: false, new Dictionary<string, object?>(Kept()),
            cancellationToken: cancellation);
        await channel.QueueBindAsync(WorkOf(zone), Work, zone, cancellationToken: cancellation);

        // A person waits for the answer: what no agent takes soon is of no use.
        await channel.QueueDeclareAsync(
            ChecksOf(zone), durable: true, exclusive: false, autoDelete: false,
            new Dictionary<string, object?> { ["x-message-ttl"] = LeaseSeconds * 1000 }, cancellationToken: cancellation);
        await channel.QueueBindAsync(ChecksOf(zone), Checks, zone, cancellationToken: cancellation);
    }

    // RabbitMQ 3.10 has no delivery limit of its own, and later ones have another: named here.
    private static Dictionary<string, object?> Kept() => new()
    {
        ["x-queue-type"] = "quorum",
        ["x-delivery-limit"] = DeliveryLimit,
        ["x-dead-letter-exchange"] = Dead,
        ["x-dead-letter-strategy"] = "at-least-once",
        ["x-overflow"] = "reject-publish",
    };
}
