using System.Collections.Concurrent;
using Portolan.Forwarding.Grammar;
using Portolan.Forwarding.Metrics;
using Portolan.Watch.Alerts;
using Portolan.Watch.Watching;
using static Portolan.Server.Hosting.MetricText;

namespace Portolan.Server.Watch;

/// <summary>What <c>portolan watch</c> counts, for Prometheus.</summary>
/// <param name="clock">The time.</param>
internal sealed class WatchMetrics(TimeProvider clock)
{
    private const string Prefix = "portolan_watch_";

    private readonly ConcurrentDictionary<WatchEventKind, long> _events = [];
    private readonly ConcurrentDictionary<string, ReceiverCount> _receivers = new(StringComparer.Ordinal);
    private long _looks;
    private long _failed;
    private long _lastLook;

    /// <summary>Serves them until disposed.</summary>
    /// <param name="place">Where, as a person wrote it.</param>
    /// <param name="say">Hears where it listens.</param>
    /// <exception cref="PortolanException">The port is taken, or is none of this host's.</exception>
    internal IDisposable Serve(string place, Action<string> say)
    {
        var (address, port) = ListenText.Parse("--metrics", place);
        var endpoint = MetricsEndpoint.Open(address, port, Write);
        say($"metrics are at http://{endpoint.Address}/metrics");
        return endpoint;
    }

    /// <summary>Counts a look that is stored.</summary>
    internal void Count(MachineLook look)
    {
        Interlocked.Increment(ref _looks);
        Interlocked.Exchange(ref _lastLook, look.At.ToUnixTimeMilliseconds());
        foreach (var one in look.Events)
        {
            _events.AddOrUpdate(one.Kind, 1, static (_, count) => count + 1);
        }
    }

    /// <summary>Counts a look that failed.</summary>
    internal void CountFailure() => Interlocked.Increment(ref _failed);

    /// <summary>Begins to count for the receivers that there are.</summary>
    internal void Know(IReadOnlyCollection<string> receivers)
    {
        foreach (var gone in _receivers.Keys.Except(receivers))
        {
            _receivers.TryRemove(gone, out _);
        }

        foreach (var name in receivers)
        {
            _receivers.TryAdd(name, new ReceiverCount(0, 0, false, null));
        }
    }

    /// <summary>Counts what happened to a receiver.</summary>
    internal void Count(DeliveryReport report) => _receivers.AddOrUpdate(
        report.Receiver, _ => Next(new ReceiverCount(0, 0, false, null), report), (_, count) => Next(count, report));

    private ReceiverCount Next(ReceiverCount count, DeliveryReport report) => report.Step == DeliveryStep.Accepted
        ? count with { Accepted = count.Accepted + 1, IsFailing = false, LastSuccess = clock.GetUtcNow() }
        : count with { Failed = count.Failed + 1, IsFailing = true };

    private void Write(Utf8Writer output)
    {
        Head(output, Prefix, "looks_total", "counter", "Looks, by outcome.");
        Sample(output, Prefix, "looks_total", Interlocked.Read(ref _looks), ("outcome", "stored"));
        Sample(output, Prefix, "looks_total", Interlocked.Read(ref _failed), ("outcome", "failed"));
        Head(output, Prefix, "last_success_timestamp_seconds", "gauge", "When the last look that is stored was taken.");
        Sample(
            output, Prefix, "last_success_timestamp_seconds",
            Interlocked.Read(ref _lastLook) is > 0 and var at ? at / 1000.0 : null);
        Head(output, Prefix, "events_total", "counter", "Events, by kind.");
        foreach (var kind in WatchEventKinds.All)
        {
            Sample(output, Prefix, "events_total", _events.GetValueOrDefault(kind), ("event", kind.Name()));
        }

        var receivers = _receivers.OrderBy(static pair => pair.Key, StringComparer.Ordinal).ToList();
        Head(output, Prefix, "messages_total", "counter", "Messages to receivers, by outcome; each attempt that failed counts.");
        foreach (var (name, count) in receivers)
        {
            Sample(output, Prefix, "messages_total", count.Accepted, ("receiver", name), ("outcome", "accepted"));
            Sample(output, Prefix, "messages_total", count.Failed, ("receiver", name), ("outcome", "failed"));
        }

        Head(output, Prefix, "receiver_failing", "gauge", "1 while the last attempt to send a message failed.");
        foreach (var (name, count) in receivers)
        {
            Sample(output, Prefix, "receiver_failing", count.IsFailing ? 1 : 0, ("receiver", name));
        }

        Head(output, Prefix, "receiver_last_success_timestamp_seconds", "gauge", "When a receiver accepted a message last.");
        foreach (var (name, count) in receivers)
        {
            Sample(output, Prefix, "receiver_last_success_timestamp_seconds", Seconds(count.LastSuccess), ("receiver", name));
        }
    }

    private sealed record ReceiverCount(long Accepted, long Failed, bool IsFailing, DateTimeOffset? LastSuccess);
}
