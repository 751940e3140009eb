using Portolan.Packets;
using Portolan.Transport.Tcp;

namespace Portolan.Tests.Transport.Hostile.Attacks;

/// <summary>Data that pin memory.</summary>
internal static class BufferAttacks
{
    private const int Many = 200;
    private const int Whole = 1400;

    internal static IEnumerable<Attack> All() =>
    [
        // To a server that reads nothing, in order.
        Of("unread data", static (_, _) => (0, Whole)),
        Of("data behind holes", static (_, r) => (Whole * (1 + (2 * r.Next(20))), Whole)),
        Of("single bytes behind holes", static (_, r) => (1 + (2 * r.Next(30_000)), 1)),
        Of("data that overlap", static (_, r) => (1 + r.Next(50_000), 1 + r.Next(Whole))),
        Datagrams(),
    ];

    private static Attack Of(string name, Func<Puppet, Random, (int Offset, int Length)> choose)
    {
        var (puppets, bytes) = (new List<Puppet>(), new byte[Whole]);
        return new Attack(name, w =>
        {
            var puppet = Puppets.Next(puppets, Many, () => w.AddPuppet(HostileWorld.Holding), w.Random);
            var (offset, length) = choose(puppet, w.Random);
            w.Random.NextBytes(bytes);
            puppet.Send(TcpFlags.Ack | TcpFlags.Psh, puppet.TakenByVictim + (uint)offset, puppet.Heard, payload: bytes.AsSpan(0, length));
        }, static w => w.Victim.Tcp.Counters.Dropped(TcpDrop.NoMemory))
        { Steps = 15_000 };
    }

    private static Attack Datagrams() => new("unread datagrams", static w => w.Strike(Forge.Datagram(
        Forge.Stranger((int)w.Strikes), 2600, HostileWorld.Victim4, HostileWorld.Unread, new byte[100])),
        static w => w.Victim.Udp.Counters.QueueFull);
}
