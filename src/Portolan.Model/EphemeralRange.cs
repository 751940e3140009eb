using System.Diagnostics.CodeAnalysis;

namespace Portolan.Model;

/// <summary>The ports this host gives to sockets that name none: <c>ip_local_port_range</c> less <c>ip_local_reserved_ports</c>.</summary>
/// <remarks>
/// A fact of one network namespace, not IANA's Dynamic category (Linux: 32768–60999 unless set). A reserved port may still be
/// bound by a program that names it (Documentation/networking/ip-sysctl.rst).
/// </remarks>
public sealed class EphemeralRange
{
    private readonly PortSet _candidates;

    /// <summary>Makes the value from what the kernel says.</summary>
    public EphemeralRange(PortRange range, PortSet reserved)
    {
        ArgumentNullException.ThrowIfNull(reserved);
        Range = range;
        Reserved = reserved.Clone();
        _candidates = new PortSet(range) - reserved;
        Count = _candidates.Count;
    }

    /// <summary><c>ip_local_port_range</c>, both ends included.</summary>
    public PortRange Range { get; }

    /// <summary><c>ip_local_reserved_ports</c>: never given out automatically, wherever they lie.</summary>
    public PortSet Reserved { get; }

    /// <summary>How many ports the kernel may give out: the range without the reserved ports.</summary>
    public int Count { get; }

    /// <summary>Whether the kernel may give out this port.</summary>
    public bool Contains(PortNumber port) => _candidates.Contains(port);

    /// <summary>How many of the ports that may be given out are among <paramref name="inUse"/>, 0–<see cref="Count"/>.</summary>
    /// <remarks>Ports are used per protocol and, for connections, per socket pair: ask with the ports of one protocol.</remarks>
    public int CountInUse(PortSet inUse)
    {
        ArgumentNullException.ThrowIfNull(inUse);
        return _candidates.Intersect(inUse).Count;
    }

    /// <summary>Reads the texts of <c>/proc/sys/net/ipv4/ip_local_port_range</c> and <c>ip_local_reserved_ports</c>.</summary>
    /// <param name="localPortRange">Two numbers between white space, such as <c>32768	60999</c>.</param>
    /// <param name="localReservedPorts">Ports and ranges between commas; empty when none is reserved.</param>
    /// <param name="range">The value, or <c>null</c>.</param>
    public static bool TryParse(
        ReadOnlySpan<char> localPortRange, ReadOnlySpan<char> localReservedPorts, [NotNullWhen(true)] out EphemeralRange? range)
    {
        range = null;
        var numbers = localPortRange.Trim();
        var gap = numbers.IndexOfAny(' ', '\t');
        if (gap < 0
            || !PortNumber.TryParse(numbers[..gap], out var first)
            || !PortNumber.TryParse(numbers[gap..].TrimStart(), out var last)
            || first > last)
        {
            return false;
        }

        PortSet? reserved = null;
        if (!localReservedPorts.IsWhiteSpace() && !PortSet.TryParse(localReservedPorts, out reserved, out _))
        {
            return false;
        }

        range = new EphemeralRange(new PortRange(first, last), reserved ?? new PortSet());
        return true;
    }

    /// <summary><c>32768-60999</c>.</summary>
    public override string ToString() => Range.ToString();
}

/// <summary>This host's ephemeral range and how much of it is in use, in one network namespace.</summary>
/// <param name="Range">The range; <c>null</c> when the kernel does not say.</param>
/// <param name="TcpInUse">How many of its ports some TCP socket has as its local port, in whatever state; <c>null</c> when not
/// known.</param>
/// <param name="UdpInUse">The same for UDP.</param>
/// <param name="Uncounted">How many sockets there are, where that is too many to read for a remark; <c>null</c> where they were
/// read.</param>
public sealed record EphemeralUse(EphemeralRange? Range, int? TcpInUse, int? UdpInUse, long? Uncounted = null);
