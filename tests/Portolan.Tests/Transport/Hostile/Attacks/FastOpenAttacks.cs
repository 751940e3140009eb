using Portolan.Packets;

namespace Portolan.Tests.Transport.Hostile.Attacks;

/// <summary>SYNs with text and a Fast Open cookie, good or not (RFC 7413 section 5).</summary>
internal static class FastOpenAttacks
{
    private static readonly byte[] Text = new byte[1000];

    internal static IEnumerable<Attack> All() => [GoodCookies(), Resets(), Guesses()];

    /// <summary>One stranger with a cookie of his own, from a new port each time; he never acknowledges.</summary>
    private static Attack GoodCookies()
    {
        Puppet? stranger = null;
        byte[] options = [];
        return new(
            "SYNs with a good Fast Open cookie", w => w.Strike(Syn(stranger!, w, options)),
            static w => w.Victim.Tcp.Counters.FastOpenListenOverflow)
        {
            Prepare = w => (stranger, options) = WithCookie(w),
        };
    }

    /// <summary>As if in the names of hosts that answer each SYN-ACK with RST, so that nothing of it is left.</summary>
    private static Attack Resets()
    {
        Puppet? stranger = null;
        byte[] options = [];
        return new("RSTs after a good Fast Open cookie", w =>
        {
            w.Strike(Syn(stranger!, w, options));
            w.Strike(Forge.Segment(
                stranger!.Address, PortOf(w.Strikes - 1), HostileWorld.Victim4, HostileWorld.Fast, TcpFlags.Rst,
                Puppet.First + 1 + (uint)Text.Length));
            w.Strike(Forge.Segment(
                stranger.Address, PortOf(w.Strikes - 2), HostileWorld.Victim4, HostileWorld.Fast, TcpFlags.Rst, Puppet.First + 1));
        }, static w => w.Victim.Tcp.Counters.FastOpenListenOverflow)
        {
            Prepare = w => (stranger, options) = WithCookie(w),
        };
    }

    private static Attack Guesses() => new("guessed Fast Open cookies", static w =>
    {
        var cookie = new byte[8];
        w.Random.NextBytes(cookie);
        w.Strike(Forge.Segment(
            Forge.Stranger((int)w.Strikes), PortOf(w.Strikes), HostileWorld.Victim4, HostileWorld.Fast, TcpFlags.Syn, Puppet.First,
            options: Options(cookie), payload: Text));
    }, static w => w.Victim.Tcp.Counters.FastOpenPassiveFailed);

    private static int PortOf(long strike) => 1024 + (int)(strike % 60_000);

    private static byte[] Syn(Puppet stranger, HostileWorld w, byte[] options) => Forge.Segment(
        stranger.Address, PortOf(w.Strikes), HostileWorld.Victim4, HostileWorld.Fast, TcpFlags.Syn, Puppet.First, options: options,
        payload: Text);

    private static (Puppet, byte[]) WithCookie(HostileWorld w)
    {
        var stranger = w.AddPuppet(HostileWorld.Fast, opens: false);
        stranger.Send(TcpFlags.Syn, Puppet.First, 0, Options([]));
        stranger.Send(TcpFlags.Rst, Puppet.First + 1, 0);
        w.Forget(stranger);
        return (stranger, Options(stranger.Cookie));
    }

    private static byte[] Options(ReadOnlySpan<byte> cookie)
    {
        var buffer = new byte[TcpOptionsWriter.MaxLength];
        var writer = new TcpOptionsWriter(buffer);
        writer.AddMaximumSegmentSize(1460);
        writer.AddFastOpen(cookie);
        return buffer[..writer.Pad()];
    }
}
