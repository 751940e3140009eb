using System.Threading.Channels;

namespace Portolan.Watch.Alerts;

/// <summary>What happened to a receiver.</summary>
public enum DeliveryStep
{
    /// <summary>It accepted a message.</summary>
    Accepted,

    /// <summary>It did not; the message is sent again.</summary>
    Refused,

    /// <summary>The store failed; it is tried again.</summary>
    StoreFailed,
}

/// <summary>A report of <see cref="AlertDelivery"/>.</summary>
/// <param name="Step">What happened.</param>
/// <param name="Receiver">The receiver's name.</param>
/// <param name="Reason">Why it failed; <c>null</c> where it did not.</param>
/// <param name="Retry">When the next attempt is.</param>
/// <param name="Events">How many events the message has.</param>
public sealed record DeliveryReport(DeliveryStep Step, string Receiver, string? Reason, TimeSpan Retry, int Events);

/// <summary>
/// Brings events to one receiver: gathers those of ten seconds, sends one message, and notes in the store that it was accepted. A message
/// that fails is sent again and again, with growing pauses, under the same id, and none is sent before it.
/// </summary>
/// <param name="outbox">What is to be sent.</param>
/// <param name="route">The receiver.</param>
/// <param name="clock">The time.</param>
/// <param name="report">Hears what happens, on any thread.</param>
public sealed class AlertDelivery(Outbox outbox, AlertRoute route, TimeProvider clock, Action<DeliveryReport> report)
{
    /// <summary>How long events are gathered for a message.</summary>
    public static TimeSpan Gather { get; } = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan LongestAsked = TimeSpan.FromHours(1);

    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    /// <summary>The receiver's name.</summary>
    public string Receiver => route.Name;

    /// <summary>Says that the store may have something new.</summary>
    public void Wake() => _wake.Writer.TryWrite(true);

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        while (true)
        {
            var pending = await StoreAsync(() => outbox.Find(route), cancellation);
            if (pending is null)
            {
                await _wake.Reader.ReadAsync(cancellation);
                continue;
            }

            if (!pending.IsSending)
            {
                await WaitAsync(cancellation);
                pending = await StoreAsync(() => outbox.Find(route), cancellation);
                if (pending is null)
                {
                    continue;
                }

                var last = pending.Last;
                await StoreAsync(
                    () =>
                    {
                        outbox.Begin(route.Name, last);
                        return true;
                    },
                    cancellation);
            }

            await SendAsync(pending, cancellation);
        }
    }

    private async Task WaitAsync(CancellationToken cancellation)
    {
        if (route.Due is null)
        {
            await Task.Delay(Gather, clock, cancellation);
            return;
        }

        // No timer is that long, and a clock may be set.
        var due = route.Due(clock.GetUtcNow());
        while (due - clock.GetUtcNow() is { Ticks: > 0 } left)
        {
            await Task.Delay(left < LongestAsked ? left : LongestAsked, clock, cancellation);
        }
    }

    private async Task SendAsync(PendingAlert pending, CancellationToken cancellation)
    {
        for (var pause = FirstPause; ; pause = Longer(pause))
        {
            try
            {
                await route.Receiver.SendAsync(pending.Message, cancellation);
                break;
            }
            catch (AlertRefusedException refusal)
            {
                var wait = refusal.After is not { } asked || asked < pause ? pause : asked < LongestAsked ? asked : LongestAsked;
                report(new DeliveryReport(DeliveryStep.Refused, route.Name, refusal.Message, wait, pending.Message.Events.Count));
                await Task.Delay(wait, clock, cancellation);
            }
        }

        // Until that is noted nothing else is sent: only this one message could be repeated.
        await StoreAsync(
            () =>
            {
                outbox.Accept(route.Name, pending.Last);
                return true;
            },
            cancellation);
        report(new DeliveryReport(DeliveryStep.Accepted, route.Name, null, default, pending.Message.Events.Count));
    }

    private async Task<T> StoreAsync<T>(Func<T> work, CancellationToken cancellation)
    {
        for (var pause = FirstPause; ; pause = Longer(pause))
        {
            cancellation.ThrowIfCancellationRequested();
            try
            {
                return work();
            }
            catch (PortolanException exception)
            {
                report(new DeliveryReport(DeliveryStep.StoreFailed, route.Name, exception.Message, pause, 0));
                await Task.Delay(pause, clock, cancellation);
            }
        }
    }

    private static TimeSpan Longer(TimeSpan pause) => pause * 2 < LongestPause ? pause * 2 : LongestPause;
}
