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
    InternetAddress Address, int PrefixLength, InternetAddress Server, InternetAddress? Router, InternetAddress? NameServer, Instant RenewAt, Instant RebindAt, Instant Ends)
{
    // Times of a lease may be as long as 136 years; some clocks count less.
    private const uint MostSeconds = 100_000_000;

    /// <summary>Reads what an OFFER or an ACK gives; <c>null</c> when it is no use.</summary>
    /// <param name="message">It.</param>
    /// <param name="asked">When it was asked for: its times begin then (RFC 2131 section 4.4.1).</param>
    internal static DhcpLease? Of(DhcpMessage message, Instant asked)
    {
        if (message.Your.IsUnspecified || message.AddressOf(DhcpOption.ServerIdentifier) is not { } server || message.SecondsOf(DhcpOption.LeaseTime) is not { } told)
        {
            return null;
        }

        var seconds = Math.Min(told, MostSeconds);
        var rebinding = Math.Min(message.SecondsOf(DhcpOption.RebindingTime) ?? (uint)(seconds * 7L / 8), seconds);
        var renewal = Math.Min(message.SecondsOf(DhcpOption.RenewalTime) ?? seconds / 2, rebinding);
        var mask = message.AddressOf(DhcpOption.SubnetMask)?.IPv4Bits ?? uint.MaxValue;
        return new DhcpLease(
            message.Your, BitOperations.LeadingZeroCount(~mask), server, message.AddressOf(DhcpOption.Router), message.AddressOf(DhcpOption.NameServer),
            asked + TimeSpan.FromSeconds(renewal), asked + TimeSpan.FromSeconds(rebinding), asked + TimeSpan.FromSeconds(seconds));
    }
}
