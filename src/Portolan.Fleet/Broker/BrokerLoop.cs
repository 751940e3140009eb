using System.Net.Sockets;
using Portolan.Fleet.Events;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace Portolan.Fleet.Broker;

/// <summary>Keeps a connection to the broker: opens it, and opens another when it is lost, until cancelled.</summary>
internal static class BrokerLoop
{
    private static readonly TimeSpan MostPatience = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(15);

    /// <summary>Runs until cancelled.</summary>
    /// <param name="address">The broker.</param>
    /// <param name="name">Who connects.</param>
    /// <param name="session">Works with one connection; it is cancelled when that is lost.</param>
    /// <param name="clock">The time.</param>
    /// <param name="say">Hears of losses.</param>
    /// <param name="cancellation">Ends it.</param>
    internal static async Task RunAsync(
        BrokerAddress address, string name, Func<IConnection, CancellationToken, Task> session, TimeProvider clock, Action<FleetEvent> say,
        CancellationToken cancellation)
    {
        var pause = TimeSpan.FromMilliseconds(250);
        while (!cancellation.IsCancellationRequested)
        {
            try
            {
                var connection = await ConnectAsync(address, name, clock, cancellation);
                pause = TimeSpan.FromMilliseconds(250);
                await RunAsync(connection, session, clock, cancellation);
            }
            catch (Exception exception) when (IsOutage(exception) || (exception is OperationCanceledException
                && !cancellation.IsCancellationRequested))
            {
                if (exception is not OperationCanceledException)
                {
                    say(exception.InnerException is AuthenticationFailureException
                        ? new FleetEvent(FleetEventCode.BrokerRefusesUser) { Place = address.Place, Agent = address.User }
                        : new FleetEvent(FleetEventCode.BrokerUnreachable) { Place = address.Place, Detail = CauseOf(exception) });
                }
            }

            if (!cancellation.IsCancellationRequested)
            {
                try
                {
                    await Task.Delay(pause, clock, cancellation);
                }
                catch (OperationCanceledException)
                {
                    return;
                }

                pause = pause * 2 > LongestPause ? LongestPause : pause * 2;
            }
        }
    }

    // A broker that is starting accepts a connection and may never answer on it; one that is made too late is closed.
    private static async Task<IConnection> ConnectAsync(
        BrokerAddress address, string name, TimeProvider clock, CancellationToken cancellation)
    {
        var connecting = address.ConnectAsync(name, cancellation);
        try
        {
            return await connecting.WaitAsync(MostPatience, clock, cancellation);
        }
        catch (TimeoutException)
        {
            _ = connecting.ContinueWith(
                static late => late.Result.Dispose(), CancellationToken.None, TaskContinuationOptions.OnlyOnRanToCompletion,
                TaskScheduler.Default);
            throw;
        }
    }

    private static async Task RunAsync(
        IConnection connection, Func<IConnection, CancellationToken, Task> session, TimeProvider clock, CancellationToken cancellation)
    {
        using var lost = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        connection.ConnectionShutdownAsync += async (_, _) =>
        {
            try
            {
                await lost.CancelAsync();
            }
            catch (ObjectDisposedException)
            {
                // The session is over.
            }
        };
        try
        {
            if (connection.IsOpen)
            {
                await session(connection, lost.Token);
            }
        }
        finally
        {
            // The channels go with it. One that answers no more is left alone.
            var closing = connection.DisposeAsync().AsTask();
            await Task.WhenAny(closing, Task.Delay(MostPatience / 3, clock, CancellationToken.None));
        }
    }

    /// <summary>
    /// Waits for the broker, no longer than it takes when all is well: a confirm that does not come would be waited for for ever.
    /// </summary>
    /// <exception cref="IOException">It does not answer in time.</exception>
    internal static async Task InTimeAsync(
        Func<CancellationToken, ValueTask> act, TimeSpan most, TimeProvider clock, CancellationToken cancellation)
    {
        using var late = new CancellationTokenSource(most, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellation);
        try
        {
            await act(either.Token);
        }
        catch (OperationCanceledException exception) when (!cancellation.IsCancellationRequested)
        {
            throw new IOException("it does not confirm what it was sent", exception);
        }
    }

    /// <summary>Whether it may be over later.</summary>
    internal static bool IsOutage(Exception exception) =>
        exception is BrokerUnreachableException or AlreadyClosedException or OperationInterruptedException or PublishException
            or IOException or SocketException or TimeoutException;

    /// <summary>The innermost message, which names the cause, for a sentence.</summary>
    internal static string Why(Exception exception) => TerminalText.Escape(CauseOf(exception));

    /// <summary>The innermost message as it is.</summary>
    internal static string CauseOf(Exception exception)
    {
        while (exception.InnerException is { } inner and not OperationCanceledException)
        {
            exception = inner;
        }

        return exception.Message.TrimEnd('.');
    }
}
