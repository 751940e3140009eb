using Portolan.Packets;

namespace Portolan.Tests.Transport.Hostile.Attacks;

/// <summary>Acknowledgments that make much work: CVE-2019-11477 to 11479, and lies about what came.</summary>
internal static class SackAttacks
{
    private const int Crumb = 60;
    private const int Rounds = 300;

    internal static IEnumerable<Attack> All() =>
    [
        Of("SACK of every second crumb", Crumb, Holes, static w => w.Victim.Tcp.Counters.Retransmissions),
        Of("SACK blocks across segments", Crumb, Across, static w => Puppets.Sum(w, static i => i.SegmentsReceived)),
        Of("duplicates that never were", 1460, Duplicates, static w => Puppets.Sum(w, static i => i.DuplicateSacks)),
        Of("SACK that is taken back", 1460, Reneging, static w => w.Victim.Tcp.Counters.Retransmissions),
        Of("acknowledgments byte by byte", 1460, Bytes, static w => Puppets.Sum(w, static i => i.SegmentsReceived)),
    ];

    private static Attack Of(string name, int mss, Action<HostileWorld, Puppet, int> strike, Func<HostileWorld, long> counted)
    {
        var (puppet, count) = ((Puppet?)null, 0);
        return new Attack(name, w => strike(w, puppet!, count++), counted)
        {
            Prepare = w =>
            {
                // An honest reader until much is under way.
                puppet = w.AddPuppet(HostileWorld.Talking, mss: mss, window: 60_000, shift: 5);
                for (var i = 0; i < Rounds; i++)
                {
                    puppet.Acknowledge(puppet.Heard);
                    w.Step();
                }
            },
        };
    }

    private static void Holes(HostileWorld w, Puppet puppet, int count)
    {
        var segments = (int)(puppet.Heard - puppet.Acknowledged) / Crumb;
        Span<TcpSackBlock> blocks = stackalloc TcpSackBlock[4];
        for (var i = 0; i < blocks.Length; i++)
        {
            var start = puppet.Acknowledged + (uint)(((2 * ((4 * count) + i)) % Math.Max(2, segments)) + 1) * Crumb;
            blocks[i] = new TcpSackBlock(start, start + Crumb);
        }

        puppet.Acknowledge(puppet.Acknowledged, Puppet.Sack(blocks));
    }

    private static void Across(HostileWorld w, Puppet puppet, int count)
    {
        var flight = (int)(puppet.Heard - puppet.Acknowledged);
        Span<TcpSackBlock> blocks = stackalloc TcpSackBlock[4];
        for (var i = 0; i < blocks.Length; i++)
        {
            var start = puppet.Acknowledged + (uint)w.Random.Next(1, Math.Max(2, flight));
            blocks[i] = new TcpSackBlock(start, start + (uint)w.Random.Next(1, 2 * Crumb));
        }

        puppet.Acknowledge(puppet.Acknowledged, Puppet.Sack(blocks));
    }

    private static void Duplicates(HostileWorld w, Puppet puppet, int count)
    {
        var acknowledged = puppet.Acknowledged;
        puppet.Acknowledge(acknowledged, Puppet.Sack(new TcpSackBlock(acknowledged - 1460, acknowledged)));
    }

    private static void Reneging(HostileWorld w, Puppet puppet, int count) => puppet.Acknowledge(
        puppet.Acknowledged, Puppet.Sack(new TcpSackBlock(puppet.Acknowledged + 1460, puppet.Heard)));

    private static void Bytes(HostileWorld w, Puppet puppet, int count) =>
        puppet.Acknowledge((int)(puppet.Heard - puppet.Acknowledged) > 1 ? puppet.Acknowledged + 1 : puppet.Acknowledged);
}
