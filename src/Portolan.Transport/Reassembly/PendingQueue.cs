using Portolan.Model;
using Portolan.Packets;
using Portolan.Transport.Demultiplexing;

namespace Portolan.Transport.Reassembly;

/// <summary>
/// The packets that wait, by name, by age, and by source, with what they are charged. All wait equally long, so the oldest ends first.
/// </summary>
/// <param name="hash">The key of the hashes.</param>
internal sealed class PendingQueue(SipHash hash)
{
    private readonly FlowTable<FragmentKey, PendingPacket> _packets = new(hash);
    private readonly FlowTable<SourceKey, SourceUse> _sources = new(hash);
    private readonly Stack<PendingPacket> _unusedPackets = new();
    private readonly Stack<SourceUse> _unusedSources = new();
    private PendingPacket? _newest;

    internal int Count => _packets.Count;

    internal long Charge { get; private set; }

    internal PendingPacket? Oldest { get; private set; }

    internal PendingPacket? Find(in FragmentKey key) => _packets.TryFind(key, out var pending) ? pending : null;

    internal PendingPacket Add(in FragmentKey key, InternetAddress source, InternetAddress destination, TimeSpan deadline, long charge)
    {
        var pending = _unusedPackets.TryPop(out var unused) ? unused : new PendingPacket();
        (pending.Key, pending.Source, pending.Destination, pending.Deadline) = (key, source, destination, deadline);
        (pending.Count, pending.Received, pending.Total, pending.Charge) = (0, 0, -1, 0);
        (pending.IsGivenUp, pending.EcnSeen, pending.Longest) = (false, 0, 0);
        pending.Owner = UseOf(SourceKey.Of(source));
        _packets.TryAdd(key, pending);

        (pending.Older, pending.Newer) = (_newest, null);
        Oldest ??= pending;
        if (_newest is not null)
        {
            _newest.Newer = pending;
        }

        _newest = pending;

        (pending.OlderOfSource, pending.NewerOfSource) = (pending.Owner.Newest, null);
        pending.Owner.Oldest ??= pending;
        if (pending.Owner.Newest is { } before)
        {
            before.NewerOfSource = pending;
        }

        pending.Owner.Newest = pending;
        AddCharge(pending, charge);
        return pending;
    }

    internal void AddCharge(PendingPacket pending, long charge)
    {
        pending.Charge += charge;
        pending.Owner.Charge += charge;
        Charge += charge;
    }

    internal void Remove(PendingPacket pending)
    {
        AddCharge(pending, -pending.Charge);
        _packets.TryRemove(pending.Key, out _);

        if (pending.Older is null)
        {
            Oldest = pending.Newer;
        }
        else
        {
            pending.Older.Newer = pending.Newer;
        }

        if (pending.Newer is null)
        {
            _newest = pending.Older;
        }
        else
        {
            pending.Newer.Older = pending.Older;
        }

        RemoveFromSource(pending);
        _unusedPackets.Push(pending);
    }

    private void RemoveFromSource(PendingPacket pending)
    {
        var owner = pending.Owner;
        if (pending.OlderOfSource is null)
        {
            owner.Oldest = pending.NewerOfSource;
        }
        else
        {
            pending.OlderOfSource.NewerOfSource = pending.NewerOfSource;
        }

        if (pending.NewerOfSource is null)
        {
            owner.Newest = pending.OlderOfSource;
        }
        else
        {
            pending.NewerOfSource.OlderOfSource = pending.OlderOfSource;
        }

        if (owner.Oldest is null)
        {
            _sources.TryRemove(owner.Key, out _);
            _unusedSources.Push(owner);
        }
    }

    private SourceUse UseOf(in SourceKey key)
    {
        if (_sources.TryFind(key, out var use))
        {
            return use;
        }

        use = _unusedSources.TryPop(out var unused) ? unused : new SourceUse();
        (use.Key, use.Charge) = (key, 0);
        _sources.TryAdd(key, use);
        return use;
    }
}
