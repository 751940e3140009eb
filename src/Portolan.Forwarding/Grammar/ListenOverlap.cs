using Portolan.Forwarding.Model;

namespace Portolan.Forwarding.Grammar;

/// <summary>
/// Finds two ranges of one protocol that would listen on the same port: a sweep over their first ports, which remembers how far each
/// address reaches.
/// </summary>
internal sealed class ListenOverlap
{
    private readonly Dictionary<(InternetAddress Address, string? Zone), ForwardRange> _single = [];
    private ForwardRange? _any;
    private ForwardRange? _every;
    private ForwardRange? _ipv4;
    private ForwardRange? _ipv6;
    private ForwardRange? _everyIPv4;
    private ForwardRange? _everyIPv6;

    /// <summary>The first pair that overlaps, and a port of both.</summary>
    public static (ForwardRange One, ForwardRange Other, PortNumber Port)? Find(IEnumerable<ForwardRange> ranges)
    {
        var sweep = new ListenOverlap();
        foreach (var range in ranges.OrderBy(static r => r.Ports.First.Value))
        {
            if (sweep.Take(range) is { } earlier)
            {
                return (earlier, range, range.Ports.First);
            }
        }

        return null;
    }

    /// <summary>
    /// Whether one socket's addresses are among the other's. Without an address both families are meant; <c>[::]</c> alone is IPv6 only.
    /// </summary>
    public static bool Meets(ListenPoint one, ListenPoint other) =>
        one.Address is not { } first || other.Address is not { } second
        || (first.IsIPv4 == second.IsIPv4 && (first.IsUnspecified || second.IsUnspecified || (first == second && one.Zone == other.Zone)));

    /// <summary>Whether a range that came before reaches the first port of this one; then remembers this one.</summary>
    private ForwardRange? Take(ForwardRange range)
    {
        var (address, zone) = (range.First.Listen.Address, range.First.Listen.Zone);
        var earlier = address switch
        {
            null => _any,
            { IsUnspecified: true, IsIPv4: true } => Farther(_every, _ipv4),
            { IsUnspecified: true } => Farther(_every, _ipv6),
            { } one => Farther(Farther(_every, one.IsIPv4 ? _everyIPv4 : _everyIPv6), _single.GetValueOrDefault((one, zone))),
        };
        if (earlier is not null && earlier.Ports.Last >= range.Ports.First)
        {
            return earlier;
        }

        _any = Farther(_any, range);
        switch (address)
        {
            case null:
                _every = Farther(_every, range);
                break;
            case { IsIPv4: true } one:
                _ipv4 = Farther(_ipv4, range);
                _ = one.IsUnspecified ? _everyIPv4 = Farther(_everyIPv4, range) : _single[(one, zone)] = range;
                break;
            case { } one:
                _ipv6 = Farther(_ipv6, range);
                _ = one.IsUnspecified ? _everyIPv6 = Farther(_everyIPv6, range) : _single[(one, zone)] = range;
                break;
        }

        return null;
    }

    private static ForwardRange? Farther(ForwardRange? one, ForwardRange? other) =>
        one is null || (other is not null && other.Ports.Last > one.Ports.Last) ? other : one;
}
