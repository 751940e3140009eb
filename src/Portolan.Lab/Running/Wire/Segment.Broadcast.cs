using Portolan.Lab.Running.Time;

namespace Portolan.Lab.Running.Wire;

/// <summary>What goes to all on the network (255.255.255.255, RFC 919), and the addresses that are leased there.</summary>
/// <remarks>A host that sleeps and has no service for it is not woken: it would hear nothing.</remarks>
internal sealed partial class Segment
{
    private static readonly InternetAddress ToAll = InternetAddress.FromIPv4(uint.MaxValue);

    private readonly List<SegmentMember> _ears = [];
    private readonly HashSet<SegmentMember> _known = [];
    private LeaseWatch? _leases;

    /// <summary>A member may hear what goes to all: see <see cref="SegmentMember.HearsPort"/>.</summary>
    internal void AddEar(SegmentMember member)
    {
        if (_known.Add(member))
        {
            _ears.Add(member);
        }
    }

    /// <summary>A member gives addresses of this network to others.</summary>
    internal void TrustLeasesOf(SegmentMember server, LabClock clock) => (_leases ??= new LeaseWatch(clock)).Trust(server);

    private void CarryToAll(SegmentMember from, LabFrame frame)
    {
        var isFirst = true;
        if (PacketHeads.TryRead(frame.Bytes, out var heads) && heads.HasPorts && heads.Transport == TransportProtocol.Udp)
        {
            var port = heads.DestinationPort;

            // By number, for who hears it may wake others.
            for (var i = 0; i < _ears.Count; i++)
            {
                var ear = _ears[i];
                if (ear == from || ear.HearsPort?.Invoke(port) != true)
                {
                    continue;
                }

                var copy = pool.Rent(frame.Length);
                frame.Bytes.CopyTo(copy.Buffer);
                copy.Length = frame.Length;

                // It crosses the network once, whoever hears it.
                if (!isFirst)
                {
                    log.WriteEar(this, from, ear, copy.Bytes);
                }

                Deliver(from, ear, copy, ToAll, isLogged: isFirst);
                isFirst = false;
            }

            foreach (var (member, place) in _places)
            {
                if (member == from)
                {
                    continue;
                }

                var copy = pool.Rent(frame.Length);
                frame.Bytes.CopyTo(copy.Buffer);
                copy.Length = frame.Length;
                if (isFirst)
                {
                    log.Write(this, from, member, copy.Bytes, WireOutcome.Taken, log.IsOn ? AtPlace : null);
                    isFirst = false;
                }

                place.Give(copy);
            }
        }

        if (isFirst)
        {
            log.Write(this, from, null, frame.Bytes, WireOutcome.Nobody, log.IsOn ? "broadcast on the network: no host listens" : null);
        }

        pool.Return(frame);
    }
}
