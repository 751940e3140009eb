using System.Numerics;
using Portolan.Lab.Services.Dhcp;
using Portolan.Transport;

namespace Portolan.Lab.Running.Hosts;

/// <summary>What a host got from a DHCP server.</summary>
/// <param name="Address">Its address.</param>
/// <param name="PrefixLength">The bits of its network.</param>
/// <param name="Server">Who gave it.</param>
/// <param name="Router">The router of the network; <c>null</c> when it has none.</param>
/// <param name="NameServer">A name server; <c>null</c> when there is none.</param>
/// <param name="RenewAt">When to ask the server for more time (T1).</param>
/// <param name="RebindAt">When to ask all servers (T2).</param>
/// <param name="Ends">When it must not be used any more.</param>
internal sealed record DhcpLease(
    InternetAddress Address, int PrefixLength, InternetAddress Server, InternetAddress? Router, InternetAddress? NameServer,
    Instant RenewAt, Instant RebindAt, Instant Ends)
{
    // Times of a lease may be as long as 136 years; some clocks count less.
    private const uint MostSeconds = 100_000_000;

    // RFC 2131 section 4.4.5: who asks again waits no less. A server may tell times that would have a client ask without pause.
    private static readonly TimeSpan LeastWait = TimeSpan.FromSeconds(60);

    /// <summary>Reads what an OFFER or an ACK gives; <c>null</c> when it is no use.</summary>
    /// <param name="message">It.</param>
    /// <param name="asked">When it was asked for: its times begin then (RFC 2131 section 4.4.1).</param>
    internal static DhcpLease? Of(DhcpMessage message, Instant asked)
    {
        if (message.Your.IsUnspecified || message.AddressOf(DhcpOption.ServerIdentifier) is not { } server
            || message.SecondsOf(DhcpOption.LeaseTime) is not { } told || told == 0)
        {
            return null;
        }

        var seconds = Math.Min(told, MostSeconds);
        var length = TimeSpan.FromSeconds(seconds);
        var least = length / 2 < LeastWait ? length / 2 : LeastWait;
        var rebinding = Clamp(message.SecondsOf(DhcpOption.RebindingTime), length * 7 / 8, least, length);
        var renewal = Clamp(message.SecondsOf(DhcpOption.RenewalTime), length / 2, least, rebinding);
        var mask = message.AddressOf(DhcpOption.SubnetMask)?.IPv4Bits ?? uint.MaxValue;
        return new DhcpLease(
            message.Your, BitOperations.LeadingZeroCount(~mask), server, message.AddressOf(DhcpOption.Router),
            message.AddressOf(DhcpOption.NameServer),
            asked + renewal, asked + rebinding, asked + length);
    }

    private static TimeSpan Clamp(uint? told, TimeSpan usual, TimeSpan least, TimeSpan most)
    {
        var time = told is { } seconds ? TimeSpan.FromSeconds(seconds) : usual;
        return time < least ? least : time > most ? most : time;
    }
}
