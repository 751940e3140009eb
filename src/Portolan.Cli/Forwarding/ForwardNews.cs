using System.Collections.Concurrent;
using System.Globalization;
using Portolan.Forwarding.Engine;
using Portolan.Forwarding.Model;
using Portolan.Forwarding.Statistics;

namespace Portolan.Cli.Forwarding;

/// <summary>
/// What the relay's threads tell, kept until the command prints it; bounded, so that a slow reader costs events and no memory.
/// </summary>
internal sealed class ForwardNews(bool wantsConnections, TimeProvider clock) : IRelayObserver
{
    /// <summary>More connections that ended are not kept.</summary>
    public const int MostConnections = 65_536;

    private const int MostOthers = 4096;

    private readonly ConcurrentQueue<(DateTimeOffset At, ConnectionReport Report)> _connections = new();
    private readonly ConcurrentQueue<ForwardNotice> _notices = new();
    private int _waiting;
    private int _noticesWaiting;
    private long _dropped;

    /// <inheritdoc/>
    public bool WantsConnections => wantsConnections;

    /// <summary>How many events were not kept.</summary>
    public long Dropped => Volatile.Read(ref _dropped);

    /// <inheritdoc/>
    public void ConnectionEnded(in ConnectionReport report)
    {
        if (Interlocked.Increment(ref _waiting) > MostConnections)
        {
            Interlocked.Decrement(ref _waiting);
            Interlocked.Increment(ref _dropped);
            return;
        }

        _connections.Enqueue((clock.GetUtcNow(), report));
    }

    /// <inheritdoc/>
    public void TargetChanged(ForwardSpec forward, TargetPoint target, bool isUp, string why) =>
        Tell(new ForwardNotice(clock.GetUtcNow(), forward, target, isUp, why));

    /// <inheritdoc/>
    public void DescriptorsShort(bool isShort, int limit) => Tell(new ForwardNotice(clock.GetUtcNow(), null, null, !isShort, isShort
        ? $"no descriptor is left (limit {limit}): new connections wait in the kernel's queue until others end"
        : "descriptors are available again: connections are accepted")
    {
        Hint = isShort ? Advice.Of($"raise the limit (ulimit -n, LimitNOFILE= of a unit), or limit the connections with --limit") : null,
    });

    /// <inheritdoc/>
    public void DatagramsLost(ForwardSpec forward, EndCause cause, string text, Advice? hint) =>
        Tell(new ForwardNotice(clock.GetUtcNow(), forward, null, IsGood: false, text) { Hint = hint, Cause = cause });

    /// <inheritdoc/>
    public void Warned(string text) => Tell(new ForwardNotice(clock.GetUtcNow(), null, null, IsGood: false, text));

    /// <summary>Reports things to worry about, each with what to do.</summary>
    public void Warn(IReadOnlyList<(string Text, Advice Hint)> warnings)
    {
        foreach (var (text, hint) in warnings)
        {
            Tell(new ForwardNotice(clock.GetUtcNow(), null, null, IsGood: false, text) { Hint = hint });
        }
    }

    /// <summary>SIGHUP came, and there is nothing to read again.</summary>
    public void NothingToReload(string why) =>
        Tell(new ForwardNotice(clock.GetUtcNow(), null, null, IsGood: true, $"SIGHUP: {why}; nothing has changed, "
            + $"and forwarding continues"));

    /// <summary>The file of forwards was read again.</summary>
    public void Reloaded(ForwardReload reload, Advice? hint)
    {
        var text = reload.Changes is { } changes
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"{reload.File} was reloaded: {changes.Added} added, {changes.Removed} removed, {changes.Changed} changed")
            : $"{reload.File} was not reloaded; nothing has changed: {reload.Problem}";
        Tell(new ForwardNotice(clock.GetUtcNow(), null, null, reload.Problem is null, text) { Hint = hint, Reload = reload });
    }

    /// <summary>The next connection that ended.</summary>
    public bool TryTake(out DateTimeOffset at, out ConnectionReport report)
    {
        if (!_connections.TryDequeue(out var entry))
        {
            (at, report) = (default, default);
            return false;
        }

        Interlocked.Decrement(ref _waiting);
        (at, report) = entry;
        return true;
    }

    /// <summary>The next of everything else.</summary>
    public bool TryTake(out ForwardNotice notice)
    {
        if (!_notices.TryDequeue(out notice!))
        {
            return false;
        }

        Interlocked.Decrement(ref _noticesWaiting);
        return true;
    }

    private void Tell(ForwardNotice notice)
    {
        if (Interlocked.Increment(ref _noticesWaiting) > MostOthers)
        {
            Interlocked.Decrement(ref _noticesWaiting);
            Interlocked.Increment(ref _dropped);
            return;
        }

        _notices.Enqueue(notice);
    }
}

/// <summary>Something that changed.</summary>
/// <param name="At">When.</param>
/// <param name="Forward">Of which forward; <c>null</c> where it is about the whole relay.</param>
/// <param name="Target">Of which target; <c>null</c> where it is about none.</param>
/// <param name="IsGood">Whether it is for the better.</param>
/// <param name="Text">What.</param>
internal sealed record ForwardNotice(DateTimeOffset At, ForwardSpec? Forward, TargetPoint? Target, bool IsGood, string Text)
{
    /// <summary>What to do about it, or <c>null</c>.</summary>
    public Advice? Hint { get; init; }

    /// <summary>Why datagrams are lost; <c>null</c> where it is about something else.</summary>
    public EndCause? Cause { get; init; }

    /// <summary>What reading the file of forwards again came to; <c>null</c> where it is about something else.</summary>
    public ForwardReload? Reload { get; init; }
}

/// <summary>What reading the file of forwards again came to.</summary>
/// <param name="File">The file.</param>
/// <param name="Changes">What has changed; <c>null</c> where it was not taken.</param>
/// <param name="Problem">Why it was not taken, or <c>null</c>.</param>
/// <param name="Forwards">All forwards now.</param>
internal sealed record ForwardReload(string File, ForwardChanges? Changes, string? Problem, IReadOnlyList<ForwardPlanEntry> Forwards);
