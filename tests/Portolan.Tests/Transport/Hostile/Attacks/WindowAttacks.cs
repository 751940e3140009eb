using Portolan.Packets;

namespace Portolan.Tests.Transport.Hostile.Attacks;

/// <summary>Peers who ask for data and take them as no honest one does.</summary>
internal static class WindowAttacks
{
    private const int Many = 100;

    /// <summary>So much is acknowledged at once, so that what is asked for is the attack's work and not that of a transfer.</summary>
    private const int Most = 1460;

    internal static IEnumerable<Attack> All() =>
    [
        Of("windows of one byte", static (p, _) => p.Window = 1, first: 1),
        Of("silly windows", static (p, w) => p.Window = w.Random.Next(100), first: 60),
        Of("shrinking windows", static (p, w) => p.Window = w.Random.Next(4) == 0 ? 40_000 : w.Random.Next(1000), first: 60_000),
        Of("windows shut for ever", static (p, _) => p.Window = 0, first: 0),
        Silent(),
    ];

    private static Attack Of(string name, Action<Puppet, HostileWorld> choose, int first)
    {
        var puppets = new List<Puppet>();
        return new Attack(
            name,
            w =>
            {
                var puppet = Puppets.Next(puppets, Many, () => w.AddPuppet(HostileWorld.Talking, window: first), w.Random);
                choose(puppet, w);
                puppet.Acknowledge((int)(puppet.Heard - puppet.Acknowledged) > Most ? puppet.Acknowledged + Most : puppet.Heard);
            },
            static w => Puppets.Sum(w, static i => i.TimeReceiverLimited.Ticks));
    }

    /// <summary>The largest window there is, and no acknowledgment ever.</summary>
    private static Attack Silent()
    {
        var puppets = new List<Puppet>();
        return new Attack(
            "readers who acknowledge nothing",
            w =>
            {
                var puppet =
                    Puppets.Next(puppets, Many, () => w.AddPuppet(HostileWorld.Talking, window: ushort.MaxValue, shift: 14), w.Random);
                puppet.Send(TcpFlags.Ack, puppet.Next, puppet.Acknowledged);
            },
            static w => w.Victim.Tcp.Counters.Retransmissions);
    }
}
