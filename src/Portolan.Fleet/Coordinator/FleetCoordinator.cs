using System.Text.Json;
using System.Threading.Channels;
using Npgsql;
using Portolan.Fleet.Broker;
using Portolan.Fleet.Database;
using Portolan.Fleet.Events;
using Portolan.Fleet.Messages;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace Portolan.Fleet.Coordinator;

/// <summary>
/// <c>portolan fleet serve</c>: publishes chunks, grants leases, stores results. It keeps nothing in memory that another could not read
/// from the database, so any number of coordinators may run, and each may be killed.
/// </summary>
/// <param name="broker">The broker.</param>
/// <param name="database">The database, with its schema.</param>
/// <param name="timing">The times.</param>
/// <param name="clock">The time.</param>
/// <param name="say">Hears what a person should know.</param>
/// <param name="counters">What is counted, where anything reads it.</param>
public sealed class FleetCoordinator(
    BrokerAddress broker, FleetDatabase database, FleetTiming timing, TimeProvider clock, Action<FleetEvent> say,
    CoordinatorCounters? counters = null)
{
    private const string NoUser = "a message without the sender's user-id";
    private const ushort ResultsAtOnce = 32;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ForgetEvery = TimeSpan.FromMinutes(10);

    private readonly CoordinatorCounters _counters = counters ?? new CoordinatorCounters();
    private readonly LeaseDesk _leases = new(database, timing);
    private readonly Ingester _ingester = new(database, counters);
    private readonly Channel<bool> _news = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    /// <summary>Lets agents join and leave; <c>null</c> where the broker's management API is not at hand.</summary>
    public Membership? Membership { get; init; }

    /// <summary>Runs until cancelled. Outages of the broker or the database are waited for.</summary>
    /// <exception cref="PortolanException">The database has a schema that this program does not know: a newer one made it.</exception>
    public Task RunAsync(CancellationToken cancellation) =>
        BrokerLoop.RunAsync(broker, "portolan fleet serve", SessionAsync, clock, say, cancellation);

    private async Task SessionAsync(IConnection connection, CancellationToken cancellation)
    {
        var confirmed = new CreateChannelOptions(
            publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true);
        var work = await connection.CreateChannelAsync(confirmed, cancellation);
        await BrokerTopology.DeclareAsync(work, cancellation);
        var dispatcher = new Dispatcher(database, timing, clock, say) { Counters = _counters };
        var leases = await connection.CreateChannelAsync(cancellationToken: cancellation);
        await ConsumeAsync(
            leases, BrokerTopology.Leases, 64, async message => await AnswerAsync(leases, dispatcher, message, cancellation), cancellation);
        var joins = await connection.CreateChannelAsync(cancellationToken: cancellation);
        await ConsumeAsync(
            joins, BrokerTopology.Joins, 1, async message => await JoinAsync(joins, message, cancellation), cancellation);
        List<IChannel> channels = [leases, joins];
        for (var number = 0; number < BrokerTopology.ResultQueues; number++)
        {
            var results = await connection.CreateChannelAsync(cancellationToken: cancellation);
            channels.Add(results);
            await ConsumeAsync(
                results, BrokerTopology.Results(number), ResultsAtOnce,
                async message => await StoreAsync(results, message, cancellation), cancellation);
        }

        say(new FleetEvent(FleetEventCode.BrokerConnected) { Place = broker.Place });
        await DispatchAsync(dispatcher, work, channels, cancellation);
    }

    // A channel that the broker closed, whatever for, ends the session: the next has all of them.
    private async Task DispatchAsync(
        Dispatcher dispatcher, IChannel channel, IReadOnlyList<IChannel> others, CancellationToken cancellation)
    {
        long? forgotten = null;
        while (channel.IsOpen && others.All(static c => c.IsOpen))
        {
            try
            {
                _counters.NoteBroker(clock.GetUtcNow());
                await database.CheckSchemaAsync(cancellation);
                if (Membership is not null && (forgotten is not { } last || clock.GetElapsedTime(last) >= ForgetEvery))
                {
                    forgotten = clock.GetTimestamp();
                    await ForgetAsync(Membership, cancellation);
                }

                await dispatcher.StepAsync(channel, cancellation);
                _counters.NoteDatabase(clock.GetUtcNow());
            }
            catch (Exception exception) when (IsDatabaseOutage(exception))
            {
                say(DatabaseFailed(exception));
                await Task.Delay(Pause, clock, cancellation);
            }

            // A chunk that is done makes room for the next.
            using var round = new CancellationTokenSource(timing.Round, clock);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(round.Token, cancellation);
            try
            {
                await _news.Reader.ReadAsync(either.Token);
            }
            catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
            {
            }
        }
    }

    private async Task AnswerAsync(
        IChannel channel, Dispatcher dispatcher, BasicDeliverEventArgs message, CancellationToken cancellation)
    {
        try
        {
            // The broker has checked the user-id, where there is one: without it anybody could be meant.
            var sender = message.BasicProperties.UserId;
            if (sender is not null && message.RoutingKey == BrokerTopology.LeaseKey(sender)
                && SpokenVersion.Read(message.Body.Span)?.Refusal() is { } reason)
            {
                say(new FleetEvent(FleetEventCode.AgentRefused) { Agent = sender, Detail = reason });
                _counters.Add(CoordinatorCount.LeasesRefused);
                await ReplyAsync(channel, message, new LeaseReply { Outcome = LeaseOutcome.Refused, Reason = reason }, cancellation);
            }
            else if (Read(message.Body) is not { } request)
            {
                say(new FleetEvent(FleetEventCode.RequestUnreadable) { Agent = sender });
            }
            else if (sender != request.Agent || message.RoutingKey != BrokerTopology.LeaseKey(request.Agent))
            {
                await _ingester.NoteAsync(
                    sender ?? "", sender is null ? NoUser : $"a request in the name of {request.Agent}", cancellation);
                say(new FleetEvent(FleetEventCode.RequestForged) { Agent = sender, Detail = request.Agent });
            }
            else if (message.BasicProperties.ReplyTo is { Length: > 0 })
            {
                if (request.Verb == LeaseVerb.Hello)
                {
                    await dispatcher.EnsureZoneAsync(channel, request.Zone, cancellation);
                }

                var reply = await _leases.AnswerAsync(request, cancellation);
                Count(request.Verb, reply.Outcome);
                await ReplyAsync(channel, message, reply, cancellation);
                if (request.Verb == LeaseVerb.Leave && Membership is not null)
                {
                    await Membership.RevokeAsync(request.Agent, cancellation);
                    say(new FleetEvent(FleetEventCode.AgentLeft) { Agent = request.Agent, Zone = request.Zone });
                }
            }

            await channel.BasicAckAsync(message.DeliveryTag, multiple: false, cancellation);
        }
        catch (Exception exception) when (IsDatabaseOutage(exception))
        {
            // The agent asks again; its lease may be over by then.
            say(DatabaseFailed(exception));
            await channel.BasicAckAsync(message.DeliveryTag, multiple: false, cancellation);
        }
    }

    private void Count(LeaseVerb verb, LeaseOutcome outcome)
    {
        if (verb is LeaseVerb.Take or LeaseVerb.Renew)
        {
            _counters.Add(outcome switch
            {
                LeaseOutcome.Granted => verb == LeaseVerb.Take ? CoordinatorCount.LeasesGranted : CoordinatorCount.LeasesRenewed,
                LeaseOutcome.Settled => CoordinatorCount.LeasesSettled,
                LeaseOutcome.Wait => CoordinatorCount.LeasesPostponed,
                _ => CoordinatorCount.LeasesRefused,
            });
        }
    }

    private static async Task ReplyAsync(
        IChannel channel, BasicDeliverEventArgs message, LeaseReply reply, CancellationToken cancellation)
    {
        if (message.BasicProperties.ReplyTo is { Length: > 0 } asker)
        {
            await channel.BasicPublishAsync(
                "", asker, mandatory: false, new BasicProperties { CorrelationId = message.BasicProperties.CorrelationId },
                JsonSerializer.SerializeToUtf8Bytes(reply, FleetJson.Default.LeaseReply), cancellation);
        }
    }

    private async Task ForgetAsync(Membership membership, CancellationToken cancellation)
    {
        try
        {
            await membership.ForgetAsync(cancellation);
        }
        catch (PortolanException exception)
        {
            say(new FleetEvent(FleetEventCode.ManagementFailed) { Detail = exception.Message });
        }
    }

    private async Task JoinAsync(IChannel channel, BasicDeliverEventArgs message, CancellationToken cancellation)
    {
        if (Membership is not null && message.BasicProperties is { UserId: { } guest, ReplyTo: { Length: > 0 } asker }
            && message.RoutingKey == BrokerTopology.JoinKey(guest) && ReadJoin(message.Body) is { } request)
        {
            var reply = await Membership.JoinAsync(guest, request, cancellation);
            await channel.BasicPublishAsync(
                "", asker, mandatory: false, new BasicProperties(),
                JsonSerializer.SerializeToUtf8Bytes(reply, JoinJson.Default.JoinReply), cancellation);
        }

        await channel.BasicAckAsync(message.DeliveryTag, multiple: false, cancellation);
    }

    private async Task StoreAsync(IChannel channel, BasicDeliverEventArgs message, CancellationToken cancellation)
    {
        var sender = message.BasicProperties.UserId;
        while (true)
        {
            try
            {
                if (sender is null)
                {
                    await _ingester.NoteAsync("", NoUser, cancellation);
                }

                var began = clock.GetTimestamp();
                var outcome = sender is null ? BatchOutcome.Refused : await _ingester.StoreAsync(message.Body, sender, cancellation);
                _counters.NoteIngest(clock.GetElapsedTime(began));
                _counters.Add(outcome switch
                {
                    BatchOutcome.Stored => CoordinatorCount.BatchesStored,
                    BatchOutcome.Repeated => CoordinatorCount.BatchesRepeated,
                    _ => CoordinatorCount.BatchesRefused,
                });
                if (outcome == BatchOutcome.Refused)
                {
                    say(new FleetEvent(FleetEventCode.BatchRefused) { Agent = sender });
                }

                break;
            }
            catch (Exception exception) when (IsDatabaseOutage(exception))
            {
                // Acknowledged only when it is stored: until then it is the broker's.
                say(DatabaseFailed(exception));
                await Task.Delay(Pause, clock, cancellation);
            }
        }

        await channel.BasicAckAsync(message.DeliveryTag, multiple: false, cancellation);
        _news.Writer.TryWrite(true);
    }

    private async Task ConsumeAsync(
        IChannel channel, string queue, ushort atOnce, Func<BasicDeliverEventArgs, Task> take, CancellationToken cancellation)
    {
        await channel.BasicQosAsync(0, atOnce, global: false, cancellation);
        var consumer = new AsyncEventingBasicConsumer(channel);
        consumer.ReceivedAsync += async (_, message) =>
        {
            try
            {
                await take(message);
            }
            catch (Exception exception) when (exception is OperationCanceledException || BrokerLoop.IsOutage(exception))
            {
                // The connection is lost: the broker delivers it again.
            }
#pragma warning disable CA1031 // A message that cannot be handled must not stop those after it.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                say(new FleetEvent(FleetEventCode.MessageFailed)
                {
                    Queue = queue,
                    Detail = $"{exception.GetType().Name}: {exception.Message}",
                });
                await channel.BasicNackAsync(message.DeliveryTag, multiple: false, requeue: false, CancellationToken.None);
            }
        };
        await channel.BasicConsumeAsync(queue, autoAck: false, consumer, cancellation);
    }

    private static JoinRequest? ReadJoin(ReadOnlyMemory<byte> body)
    {
        try
        {
            return JsonSerializer.Deserialize(body.Span, JoinJson.Default.JoinRequest);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static LeaseRequest? Read(ReadOnlyMemory<byte> body)
    {
        try
        {
            // What an agent leaves out is null, whatever its type says.
            return JsonSerializer.Deserialize(body.Span, FleetJson.Default.LeaseRequest) is { Agent: not null, Zone: not null } request
                ? request with { Program = request.Program ?? "", Mode = request.Mode ?? "", Scope = request.Scope ?? "" } : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static FleetEvent DatabaseFailed(Exception exception) =>
        new(FleetEventCode.DatabaseFailed) { Detail = BrokerLoop.CauseOf(exception) };

    private static bool IsDatabaseOutage(Exception exception) => exception is NpgsqlException or TimeoutException;
}
