using Portolan.Packets;
using Portolan.Transport.Tcp;

namespace Portolan.Tests.Transport.Hostile.Attacks;

/// <summary>Handshakes: too many, half of them, or none at all.</summary>
internal static class OpeningAttacks
{
    private const int Port = 80;
    private static readonly byte[] Options = Forge.SynOptions();

    /// <summary>MPTCP's MP_CAPABLE, a request for a Fast Open cookie, and a kind that nobody has.</summary>
    private static readonly byte[] Unknown = [2, 4, 5, 180, 30, 4, 1, 129, 34, 2, 253, 6, 1, 2, 3, 4, 1, 1, 1, 1];

    internal static IEnumerable<Attack> All() =>
        [SynFlood(), SynFloodOf6(), CookieGuesses(), SynWithData(), FullAcceptQueue(), ConnectAndReset()];

    private static Attack SynFlood() => new("SYN flood", Flood, static w => w.Victim.Tcp.Counters.CookiesSent);

    private static Attack SynFloodOf6() => new("SYN flood over IPv6", static w =>
    {
        var from = Portolan.Model.InternetAddress.FromNumber(new UInt128(0x2001_0db8_0001_0000, (ulong)w.Strikes + 1), isIPv4: false);
        w.Strike(Forge.Segment(from, 5000, HostileWorld.Victim6, Port, TcpFlags.Syn, (uint)w.Random.Next(), options: Options));
    }, static w => w.Victim.Tcp.Counters.CookiesSent);

    private static Attack CookieGuesses() => new("guessed cookies", static w => w.Strike(Forge.Segment(
        Forge.Stranger(w.Random.Next()), 4000, HostileWorld.Victim4, Port, TcpFlags.Ack, (uint)w.Random.NextInt64(),
        (uint)w.Random.NextInt64())),
        static w => w.Victim.Tcp.Counters.CookiesRefused)
    {
        Prepare = static w =>
        {
            // Cookies are looked at only where they are sent.
            for (var i = 0; i < 2 * HostileWorld.Backlog; i++)
            {
                Flood(w);
            }
        },
    };

    private static Attack SynWithData() => new("SYN with data and options of other protocols", static w =>
    {
        var i = (int)w.Strikes;
        w.Strike(Forge.Segment(
            Forge.Stranger(i), 3000 + (i >> 15), HostileWorld.Victim4, Port, TcpFlags.Syn, (uint)i, options: Unknown,
            payload: new byte[1000]));
    }, static w => w.Victim.Tcp.Counters.CookiesSent);

    private static Attack FullAcceptQueue() => new("unaccepted connections", static w =>
    {
        var puppet = w.AddPuppet(HostileWorld.NotAccepting);
        w.Forget(puppet);
    }, static w => w.Victim.Tcp.Counters.Dropped(TcpDrop.AcceptQueueFull))
    { Steps = 2000 };

    private static Attack ConnectAndReset() => new("connections that are reset at once", static w =>
    {
        var puppet = w.AddPuppet(HostileWorld.Holding);
        puppet.Send(TcpFlags.Rst, puppet.Next, 0);
        w.Forget(puppet);
    }, static w => w.Victim.Tcp.Counters.ResetsTaken)
    { Steps = 2000 };

    private static void Flood(HostileWorld w)
    {
        var i = (int)w.Strikes;
        w.Strike(Forge.Segment(
            Forge.Stranger(i), 1024 + ((i >> 15) & 0x3fff), HostileWorld.Victim4, Port, TcpFlags.Syn, (uint)w.Random.Next(),
            options: Options));
    }
}
