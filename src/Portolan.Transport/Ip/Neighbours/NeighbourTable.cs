using Portolan.Model;
using Portolan.Transport.Buffers;

namespace Portolan.Transport.Ip;

/// <summary>The neighbours of an interface. Bounded: when it is full, one that is not in use goes, else the oldest.</summary>
/// <remarks>One thread at a time.</remarks>
internal sealed class NeighbourTable(IpHost host, IpInterface owner)
{
    private readonly Dictionary<InternetAddress, Neighbour> _neighbours = [];
    private readonly Queue<Neighbour> _order = new();

    internal int Count => _neighbours.Count;

    internal NeighbourLimits Limits => host.Options.Neighbours;

    internal PacketPool Pool => host.Pool;

    /// <summary>RFC 4861 section 6.3.2: between half and one and a half of REACHABLE_TIME, so that hosts do not ask in step.</summary>
    internal TimeSpan ReachableTime => Limits.ReachableTime * (0.5 + (host.Random.Below(1001) / 1000.0));

    internal Neighbour? Find(InternetAddress address) => _neighbours.GetValueOrDefault(address);

    internal Neighbour FindOrAdd(InternetAddress address)
    {
        if (_neighbours.TryGetValue(address, out var known))
        {
            return known;
        }

        if (_neighbours.Count >= Limits.MaxEntries)
        {
            MakeRoom();
        }

        var neighbour = new Neighbour(this, address);
        _neighbours.Add(address, neighbour);
        _order.Enqueue(neighbour);
        return neighbour;
    }

    internal void Set(Neighbour neighbour, Instant deadline) => host.Timers.Set(neighbour, deadline);

    internal void Cancel(Neighbour neighbour) => host.Timers.Cancel(neighbour);

    internal void Remove(Neighbour neighbour, bool isUnreachable)
    {
        host.Timers.Cancel(neighbour);
        _neighbours.Remove(neighbour.Address);
        neighbour.Discard(isUnreachable);
    }

    /// <summary>Asks for the address: everybody while it is not known, else the neighbour itself.</summary>
    internal void Solicit(Neighbour neighbour)
    {
        if (neighbour.Address.IsIPv4)
        {
            host.Arp.Ask(owner, neighbour);
        }
        else
        {
            host.Discovery.Ask(owner, neighbour);
        }
    }

    internal void SendHeld(Neighbour neighbour, in PendingFrame frame)
    {
        host.Transmitter.SendFrame(owner, neighbour.HardwareAddress, Pool.Bytes(frame.Buffer)[..frame.Length], frame.Offload);
        Pool.Return(frame.Buffer);
    }

    /// <summary>Gives up a packet whose next hop does not answer.</summary>
    internal void Fail(in PendingFrame frame, bool isUnreachable)
    {
        host.Counters.Drop(IpDrop.NoNeighbour);
        if (isUnreachable)
        {
            host.IcmpErrors.OnNextHopSilent(owner, Pool.Bytes(frame.Buffer)[..frame.Length]);
        }

        Pool.Return(frame.Buffer);
    }

    internal void CountDropped(int count)
    {
        for (; count > 0; count--)
        {
            host.Counters.Drop(IpDrop.NoNeighbour);
        }
    }

    private void MakeRoom()
    {
        for (var left = _order.Count; left > 0; left--)
        {
            var oldest = _order.Dequeue();
            if (oldest.IsRemoved)
            {
                continue;
            }

            // One that is used, or that packets wait for, goes only when all are.
            if (left > 1 && oldest.State is NeighbourState.Delay or NeighbourState.Probe)
            {
                _order.Enqueue(oldest);
                continue;
            }

            Remove(oldest, isUnreachable: false);
            return;
        }
    }
}
