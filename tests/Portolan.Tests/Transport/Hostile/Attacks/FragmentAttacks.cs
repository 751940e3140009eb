using Portolan.Packets;
using Portolan.Transport.Ip;

namespace Portolan.Tests.Transport.Hostile.Attacks;

/// <summary>Packets in pieces that do not fit, or never come to an end.</summary>
internal static class FragmentAttacks
{
    private static readonly byte[] Data = new byte[1400];

    internal static IEnumerable<Attack> All() => [Overlapping(), Overlapping6(), Flood(), Tiny(), TooLong()];

    private static Attack Overlapping() => new("overlapping fragments", static w =>
    {
        var (from, id) = (Forge.Stranger(w.Random.Next(1000)), (ushort)w.Strikes);
        w.Strike(Forge.Fragment(from, HostileWorld.Victim4, id, 0, more: true, Data.AsSpan(0, 800)));
        w.Strike(Forge.Fragment(from, HostileWorld.Victim4, id, 400, more: false, Data.AsSpan(0, 800)));
    }, static w => w.Victim.Ip.Counters[IpDrop.Fragment]);

    private static Attack Overlapping6() => new("overlapping fragments of IPv6", static w =>
    {
        var (from, id) = (Portolan.Model.InternetAddress.FromNumber(
            new UInt128(0x2001_0db8_0002_0000 + (ulong)w.Random.Next(1000), 1), isIPv4: false), (uint)w.Strikes);
        w.Strike(Forge.Fragment6(from, HostileWorld.Victim6, id, 0, more: true, Data.AsSpan(0, 800)));
        w.Strike(Forge.Fragment6(from, HostileWorld.Victim6, id, 400, more: false, Data.AsSpan(0, 800)));
    }, static w => w.Victim.Ip.Counters[IpDrop.Fragment]);

    private static Attack Flood() => new("fragments without end", static w => w.Strike(Forge.Fragment(
        Forge.Stranger((int)w.Strikes), HostileWorld.Victim4, (ushort)w.Strikes, 0, more: true, Data)),
        static w => w.Victim.Ip.Counters[IpDrop.FragmentsEvicted]);

    private static Attack Tiny() => new("fragments too small for a header", static w => w.Strike(Forge.Fragment(
        Forge.Stranger((int)w.Strikes), HostileWorld.Victim4, (ushort)w.Strikes, 0, more: true, Data.AsSpan(0, 8), IpProtocol.Tcp)),
        static w => w.Victim.Ip.Counters[IpDrop.Fragment]);

    private static Attack TooLong() => new("fragments beyond 65,535 bytes", static w => w.Strike(Forge.Fragment(
        Forge.Stranger((int)w.Strikes), HostileWorld.Victim4, (ushort)w.Strikes, 65_512, more: false, Data.AsSpan(0, 100))),
        static w => w.Victim.Ip.Counters[IpDrop.Fragment]);
}
