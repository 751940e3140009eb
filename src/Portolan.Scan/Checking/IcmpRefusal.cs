using Portolan.Model;

namespace Portolan.Scan.Checking;

/// <summary>An ICMP error that a socket received (<c>sock_extended_err</c>, ip(7)).</summary>
/// <param name="IsIPv6">ICMPv6 (RFC 4443), not ICMP (RFC 792).</param>
/// <param name="Type">The message's type.</param>
/// <param name="Code">Its code.</param>
/// <param name="From">Who sent it.</param>
public sealed record IcmpRefusal(bool IsIPv6, byte Type, byte Code, InternetAddress From)
{
    /// <summary>Whether it says "port unreachable".</summary>
    public bool IsPortUnreachable => (IsIPv6, Type, Code) is (false, 3, 3) or (true, 1, 4);

    /// <summary>The message's name (IANA icmp-parameters, icmpv6-parameters).</summary>
    public string Name => (IsIPv6, Type, Code) switch
    {
        (false, 3, 0) => "network unreachable",
        (false, 3, 1) => "host unreachable",
        (false, 3, 2) => "protocol unreachable",
        (false, 3, 3) => "port unreachable",
        (false, 3, 4) => "fragmentation needed",
        (false, 3, 9) => "network administratively prohibited",
        (false, 3, 10) => "host administratively prohibited",
        (false, 3, 13) => "communication administratively prohibited",
        (false, 11, 0) => "time to live exceeded",
        (true, 1, 0) => "no route to destination",
        (true, 1, 1) => "communication administratively prohibited",
        (true, 1, 2) => "beyond scope of source address",
        (true, 1, 3) => "address unreachable",
        (true, 1, 4) => "port unreachable",
        (true, 1, 5) => "source address failed ingress or egress policy",
        (true, 1, 6) => "reject route to destination",
        (true, 2, 0) => "packet too big",
        (true, 3, 0) => "hop limit exceeded",
        _ => $"type {Type} code {Code}",
    };
}
