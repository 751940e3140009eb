using Portolan.Packets;
using Portolan.Transport.Ip;
using Portolan.Transport.Tcp;

namespace Portolan.Tests.Transport.Hostile.Attacks;

/// <summary>Lies of ICMP about the good peer's connection (RFC 5927).</summary>
internal static class IcmpAttacks
{
    internal static IEnumerable<Attack> All() =>
    [
        new(
            "packet-too-big by guess", static w => Lie(w, IcmpUnreachableCode.FragmentationNeeded, (uint)w.Random.NextInt64(), 68),
            static w => w.Victim.Tcp.Counters.Dropped(TcpDrop.UnprovenIcmp)) { IsAboutSending = true },
        new(
            "packet-too-big of one who sees the connection",
            static w =>
                Lie(w, IcmpUnreachableCode.FragmentationNeeded, InFlight(w), (ushort)(w.Random.Next(3) == 0 ? 0 : w.Random.Next(100))),
                static w => w.Victim.Ip.PathMtus.Generation) { IsAboutSending = true },
        new(
            "unreachables about an open connection", static w => Lie(w, (IcmpUnreachableCode)w.Random.Next(4), InFlight(w), 0),
            static w => (long)w.StreamAtVictim!.Core.SoftError) { IsAboutSending = true },
        new("source quench", static w =>
        {
            var message = new byte[8 + 28];
            IcmpWriter.Write(message, IcmpType.SourceQuench, 0, 0, Quote(w, InFlight(w)));
            w.Strike(Forge.Packet(Forge.Stranger(1), HostileWorld.Victim4, IpProtocol.Icmp, message));
        }, static w => w.Victim.Ip.Counters.Received),
        new("errors about foreign packets", static w => w.Strike(Forge.Error(
            Forge.Stranger(1), HostileWorld.Victim4, IcmpUnreachableCode.Port,
            Forge.Segment(Forge.Stranger(2), 1, Forge.Stranger(3), 2, TcpFlags.Ack, 1).AsSpan(0, 28))),
            static w => w.Victim.Ip.Counters[IpDrop.InvalidQuote]),
    ];

    private static uint InFlight(HostileWorld w) => w.StreamAtVictim!.Core.SendUnacknowledged.Value;

    private static void Lie(HostileWorld w, IcmpUnreachableCode code, uint sequence, ushort mtu) =>
        w.Strike(Forge.Error(Forge.Stranger(1), HostileWorld.Victim4, code, Quote(w, sequence), mtu));

    /// <summary>The start of a full segment of the stream.</summary>
    private static byte[] Quote(HostileWorld w, uint sequence) => Forge.Segment(
        HostileWorld.Victim4, w.Stream!.RemotePort.Value, HostileWorld.Good4, w.Stream.LocalPort.Value, TcpFlags.Ack, sequence,
        payload: new byte[1400])[..28];
}
