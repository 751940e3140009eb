using System.Globalization;
using System.Text.Json;
using Portolan.Fleet.Broker;
using Portolan.Fleet.Messages;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace Portolan.Fleet.Checks;

/// <summary>Has agents of several zones check the same, and waits for their answers.</summary>
/// <param name="broker">The broker.</param>
/// <param name="clock">The time.</param>
public sealed class VantageCheck(BrokerAddress broker, TimeProvider clock)
{
    private static readonly TimeSpan PublishPatience = TimeSpan.FromSeconds(10);

    /// <summary>Asks one agent of each zone.</summary>
    /// <param name="requests">What each zone is asked.</param>
    /// <param name="zoneOf">The zone of each agent: an answer in another's name, or for another zone, is not taken.</param>
    /// <param name="patience">How long to wait for all answers.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>An answer for each request; <c>null</c> where none came in time.</returns>
    /// <exception cref="PortolanException">The broker does not answer.</exception>
    public async Task<IReadOnlyList<CheckReply?>> AskAsync(
        IReadOnlyList<(string Zone, CheckRequest Request)> requests, IReadOnlyDictionary<string, string> zoneOf, TimeSpan patience,
        CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(requests);
        ArgumentNullException.ThrowIfNull(zoneOf);
        try
        {
            await using var connection = await broker.ConnectAsync("portolan check", cancellation);
            return await AskAsync(connection, requests, zoneOf, patience, cancellation);
        }
        catch (Exception exception) when (BrokerLoop.IsOutage(exception))
        {
            throw new PortolanException(
                $"the broker does not answer at {broker.Uri.Authority}: {BrokerLoop.Why(exception)}",
                $"see that RabbitMQ runs, and that portolan fleet init was run", inner: exception);
        }
    }

    private async Task<IReadOnlyList<CheckReply?>> AskAsync(
        IConnection connection, IReadOnlyList<(string Zone, CheckRequest Request)> requests, IReadOnlyDictionary<string, string> zoneOf,
        TimeSpan patience, CancellationToken cancellation)
    {
        var channel = await connection.CreateChannelAsync(
            new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true), cancellation);
        var run = Guid.NewGuid().ToString("N");
        var answers = requests.Select(
            static _ => new TaskCompletionSource<CheckReply>(TaskCreationOptions.RunContinuationsAsynchronously)).ToList();

        // A queue of this connection alone, which goes with it. The broker checked who sends.
        var queue = await channel.QueueDeclareAsync("", durable: false, exclusive: true, autoDelete: true, cancellationToken: cancellation);
        await channel.QueueBindAsync(queue.QueueName, BrokerTopology.Agents, "answer.*", cancellationToken: cancellation);
        var consumer = new AsyncEventingBasicConsumer(channel);
        consumer.ReceivedAsync += (_, message) =>
        {
            if (message.BasicProperties.CorrelationId?.Split('.') is [var id, var number] && id == run
                && int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var at) && at < requests.Count
                && Read(message.Body) is { } reply && reply.Agent == message.BasicProperties.UserId
                && reply.Zone == requests[at].Zone && zoneOf.GetValueOrDefault(reply.Agent) == reply.Zone)
            {
                answers[at].TrySetResult(reply);
            }

            return Task.CompletedTask;
        };
        await channel.BasicConsumeAsync(queue.QueueName, autoAck: true, consumer, cancellation);
        for (var i = 0; i < requests.Count; i++)
        {
            var properties = new BasicProperties
            {
                ContentType = "application/json",
                CorrelationId = FormattableString.Invariant($"{run}.{i}"),
            };
            await BrokerLoop.InTimeAsync(
                token => channel.BasicPublishAsync(
                    BrokerTopology.Checks, requests[i].Zone, mandatory: true, properties,
                    JsonSerializer.SerializeToUtf8Bytes(requests[i].Request, FleetJson.Default.CheckRequest), token),
                PublishPatience, clock, cancellation);
        }

        try
        {
            await Task.WhenAll(answers.Select(static answer => answer.Task)).WaitAsync(patience, clock, cancellation);
        }
        catch (TimeoutException)
        {
            // Those that came are taken.
        }

        return answers.ConvertAll(static answer => answer.Task.IsCompletedSuccessfully ? answer.Task.Result : null);
    }

    private static CheckReply? Read(ReadOnlyMemory<byte> body)
    {
        try
        {
            return JsonSerializer.Deserialize(body.Span, FleetJson.Default.CheckReply);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
