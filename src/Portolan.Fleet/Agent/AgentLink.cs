using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using System.Threading.Channels;
using Portolan.Fleet.Broker;
using Portolan.Fleet.Events;
using Portolan.Fleet.Messages;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using RabbitMQ.Client.Exceptions;

namespace Portolan.Fleet.Agent;

/// <summary>An agent's connection to the broker: chunks come, requests are answered, results go. It comes back by itself.</summary>
internal sealed class AgentLink(AgentSettings settings, string mode, TimeProvider clock, Action<FleetEvent> say)
{
    private const string DirectReply = "amq.rabbitmq.reply-to";
    private const ushort ChecksAtOnce = 4;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ConfirmPatience = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan HelloEvery = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<string, TaskCompletionSource<LeaseReply>> _asked = new();
    private readonly Channel<Delivery> _deliveries = Channel.CreateUnbounded<Delivery>();
    private volatile IChannel? _channel;
    private long _requests;

    /// <summary>What is counted.</summary>
    internal AgentCounters Counters { get; init; } = new();

    /// <summary>Makes the checks that are asked for; <c>null</c> when it makes none.</summary>
    internal CheckWorker? Checks { get; init; }

    /// <summary>It asks, and takes no chunks.</summary>
    internal bool OnlyAsks { get; init; }

    /// <summary>Chunks in the order in which they came.</summary>
    internal ChannelReader<Delivery> Deliveries => _deliveries.Reader;

    /// <summary>The coordinator refuses this agent, for good.</summary>
    internal TaskCompletionSource<string> Refusal { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Keeps the connection until cancelled.</summary>
    internal Task RunAsync(CancellationToken cancellation) =>
        BrokerLoop.RunAsync(settings.Broker, $"portolan agent {settings.Name}", SessionAsync, clock, say, cancellation);

    /// <summary>Asks the coordinator.</summary>
    /// <returns>The answer; <c>null</c> when none came in time, or there is no connection.</returns>
    internal async Task<LeaseReply?> AskAsync(LeaseVerb verb, long chunk, int attempt, CancellationToken cancellation)
    {
        if (_channel is not { IsOpen: true } channel)
        {
            return null;
        }

        var id = Interlocked.Increment(ref _requests).ToString(CultureInfo.InvariantCulture);
        var answer = new TaskCompletionSource<LeaseReply>(TaskCreationOptions.RunContinuationsAsynchronously);
        _asked[id] = answer;
        try
        {
            var request = new LeaseRequest
            {
                Verb = verb,
                Agent = settings.Name,
                Zone = settings.Zone,
                Chunk = chunk,
                Attempt = attempt,
                Program = settings.Program,
                Mode = mode,
                MaxRate = settings.Scope.MaxRate,
                Scope = settings.Scope.ToString(),
            };
            await PublishAsync(
                channel, BrokerTopology.LeaseKey(settings.Name), isKept: false,
                JsonSerializer.SerializeToUtf8Bytes(request, FleetJson.Default.LeaseRequest), id, cancellation);
            return await answer.Task.WaitAsync(Patience, clock, cancellation);
        }
        catch (Exception exception) when (IsLost(exception, cancellation))
        {
            return null;
        }
        finally
        {
            _asked.TryRemove(id, out _);
        }
    }

    /// <summary>Sends a batch, and waits until the broker has it on disk.</summary>
    /// <returns>Whether it has; then the batch is the broker's.</returns>
    internal async Task<bool> SendAsync(ResultBatch batch, CancellationToken cancellation)
    {
        if (_channel is not { IsOpen: true } channel)
        {
            return false;
        }

        try
        {
            await PublishAsync(
                channel, BrokerTopology.ResultKey(settings.Name, batch.Chunk), isKept: true,
                JsonSerializer.SerializeToUtf8Bytes(batch, FleetJson.Default.ResultBatch), id: null, cancellation);
            return true;
        }
        catch (Exception exception) when (IsLost(exception, cancellation))
        {
            return false;
        }
    }

    // A connection that ends under a request cancels it, or disposes of its channel.
    private static bool IsLost(Exception exception, CancellationToken cancellation) =>
        BrokerLoop.IsOutage(exception) || exception is ObjectDisposedException
        || (exception is OperationCanceledException && !cancellation.IsCancellationRequested);

    private async Task SessionAsync(IConnection connection, CancellationToken cancellation)
    {
        var channel = await connection.CreateChannelAsync(
            new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true), cancellation);
        var replies = new AsyncEventingBasicConsumer(channel);
        replies.ReceivedAsync += (_, message) =>
        {
            Counters.NoteBroker(clock.GetUtcNow());
            if (message.BasicProperties.CorrelationId is { } id && _asked.TryRemove(id, out var asked))
            {
                asked.TrySetResult(ReadReply(message.Body));
            }

            return Task.CompletedTask;
        };
        await channel.BasicConsumeAsync(DirectReply, autoAck: true, replies, cancellation);
        _channel = channel;
        try
        {
            if (OnlyAsks)
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, clock, cancellation);
            }

            // Its queue is there when the coordinator knows the agent.
            while (true)
            {
                var reply = await AskAsync(LeaseVerb.Hello, 0, 0, cancellation);
                if (reply is { Outcome: LeaseOutcome.Welcome })
                {
                    break;
                }

                if (reply is { Outcome: LeaseOutcome.Refused, Reason: { } reason })
                {
                    Refusal.TrySetResult(reason);
                    return;
                }

                // The broker closes a channel, e.g. where it has no exchange of that name yet; the connection stays.
                if (!channel.IsOpen)
                {
                    say(new FleetEvent(FleetEventCode.ChannelClosed)
                    {
                        Agent = settings.Name,
                        Place = settings.Broker.Place,
                        Detail = channel.CloseReason?.ReplyText,
                    });
                    return;
                }

                await Task.Delay(TimeSpan.FromSeconds(1), clock, cancellation);
            }

            var work = await connection.CreateChannelAsync(cancellationToken: cancellation);
            await work.BasicQosAsync(0, 2, global: false, cancellation);
            var consumer = new AsyncEventingBasicConsumer(work);
            consumer.ReceivedAsync += async (_, message) =>
            {
                if (ReadChunk(message.Body) is { } chunk)
                {
                    _deliveries.Writer.TryWrite(new Delivery(chunk, work, message.DeliveryTag));
                }
                else
                {
                    await work.BasicNackAsync(message.DeliveryTag, multiple: false, requeue: false, cancellation);
                }
            };
            await work.BasicConsumeAsync(BrokerTopology.WorkOf(settings.Zone), autoAck: false, consumer, cancellation);
            await TakeChecksAsync(connection, channel, cancellation);
            say(new FleetEvent(FleetEventCode.BrokerConnected)
            {
                Agent = settings.Name,
                Zone = settings.Zone,
                Place = settings.Broker.Place,
            });
            while (channel.IsOpen && work.IsOpen)
            {
                await Task.Delay(HelloEvery, clock, cancellation);

                // The coordinator may have been replaced by another version meanwhile.
                if (await AskAsync(LeaseVerb.Hello, 0, 0, cancellation) is { Outcome: LeaseOutcome.Refused, Reason: { } reason })
                {
                    Refusal.TrySetResult(reason);
                    return;
                }
            }
        }
        finally
        {
            _channel = null;
        }
    }

    // Side by side with chunks: a person waits for them. A broker without the queue is an older coordinator's.
    private async Task TakeChecksAsync(IConnection connection, IChannel answers, CancellationToken cancellation)
    {
        if (Checks is null)
        {
            return;
        }

        var checks = await connection.CreateChannelAsync(cancellationToken: cancellation);
        await checks.BasicQosAsync(0, ChecksAtOnce, global: false, cancellation);
        var consumer = new AsyncEventingBasicConsumer(checks);
        consumer.ReceivedAsync += (_, message) =>
        {
            var (body, id, tag) = (message.Body.ToArray(), message.BasicProperties.CorrelationId, message.DeliveryTag);
            _ = Task.Run(() => CheckAsync(checks, answers, body, id, tag, cancellation), cancellation);
            return Task.CompletedTask;
        };
        try
        {
            await checks.BasicConsumeAsync(BrokerTopology.ChecksOf(settings.Zone), autoAck: false, consumer, cancellation);
        }
        catch (OperationInterruptedException exception)
        {
            say(new FleetEvent(FleetEventCode.ChannelClosed) { Agent = settings.Name, Detail = BrokerLoop.Why(exception) });
        }
    }

    private async Task CheckAsync(
        IChannel checks, IChannel answers, byte[] body, string? id, ulong tag, CancellationToken cancellation)
    {
        try
        {
            if (id is not null && JsonSerializer.Deserialize(body, FleetJson.Default.CheckRequest) is { } request)
            {
                var reply = await Checks!.CheckAsync(request, cancellation);
                await PublishAsync(
                    answers, BrokerTopology.AnswerKey(settings.Name), isKept: false,
                    JsonSerializer.SerializeToUtf8Bytes(reply, FleetJson.Default.CheckReply), id, cancellation, isAnswer: true);
            }

            await checks.BasicAckAsync(tag, multiple: false, cancellation);
        }
        catch (JsonException)
        {
            await checks.BasicNackAsync(tag, multiple: false, requeue: false, CancellationToken.None);
        }
        catch (Exception exception) when (IsLost(exception, cancellation) || exception is OperationCanceledException)
        {
            // The person has another agent's answer, or none.
        }
    }

    private async Task PublishAsync(
        IChannel channel, string key, bool isKept, byte[] body, string? id, CancellationToken cancellation, bool isAnswer = false)
    {
        var properties = new BasicProperties { Persistent = isKept, ContentType = "application/json", UserId = settings.Broker.User };
        if (id is not null)
        {
            properties.CorrelationId = id;
            properties.ReplyTo = isAnswer ? null : DirectReply;
        }

        await BrokerLoop.InTimeAsync(
            token => channel.BasicPublishAsync(BrokerTopology.Agents, key, mandatory: true, properties, body, token),
            isKept ? ConfirmPatience : Patience, clock, cancellation);
        Counters.NoteBroker(clock.GetUtcNow());
    }

    // A coordinator of a version that answers otherwise than any that this program knows.
    private static LeaseReply ReadReply(ReadOnlyMemory<byte> body)
    {
        try
        {
            return JsonSerializer.Deserialize(body.Span, FleetJson.Default.LeaseReply) ?? Unreadable;
        }
        catch (JsonException)
        {
            return Unreadable;
        }
    }

    private static LeaseReply Unreadable { get; } = new()
    {
        Outcome = LeaseOutcome.Refused,
        Reason = "its answer cannot be read: install the coordinator's portolan on the agent's machine",
    };

    private static ChunkMessage? ReadChunk(ReadOnlyMemory<byte> body)
    {
        try
        {
            var chunk = JsonSerializer.Deserialize(body.Span, FleetJson.Default.ChunkMessage);
            return chunk is { Version: ChunkMessage.CurrentVersion } ? chunk : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

/// <summary>A chunk that came.</summary>
/// <param name="Chunk">The chunk.</param>
/// <param name="Channel">Where it came.</param>
/// <param name="Tag">Its number there.</param>
internal sealed record Delivery(ChunkMessage Chunk, IChannel Channel, ulong Tag)
{
    /// <summary>
    /// It needs no other agent. When a connection is lost the broker delivers it again, and the coordinator knows better.
    /// </summary>
    internal Task DoneAsync() => AnswerAsync(() => Channel.BasicAckAsync(Tag, multiple: false));

    /// <summary>Another agent, or this one later, is to have it.</summary>
    internal Task ReturnAsync() => AnswerAsync(() => Channel.BasicNackAsync(Tag, multiple: false, requeue: true));

    private async Task AnswerAsync(Func<ValueTask> answer)
    {
        try
        {
            if (Channel.IsOpen)
            {
                await answer();
            }
        }
        catch (Exception exception) when (exception is AlreadyClosedException or ObjectDisposedException || BrokerLoop.IsOutage(exception))
        {
            // As said.
        }
    }
}
