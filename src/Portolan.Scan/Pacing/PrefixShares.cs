using System.Runtime.InteropServices;
using Portolan.Model;

namespace Portolan.Scan.Pacing;

/// <summary>
/// Which part of the probes goes to each routed /24 and /64. Probes go out in random order, so a ceiling for each prefix is a ceiling for
/// all, divided by the largest share; and no other order would be done sooner.
/// </summary>
public sealed class PrefixShares
{
    private const int Ipv4Bits = 8;

    private readonly Dictionary<ulong, long> _ipv4 = [];
    private readonly Dictionary<ulong, long> _ipv6 = [];
    private long _total;
    private long _largest;

    /// <summary>The largest share of a routed prefix, 0 to 1; 0 when nothing is routed.</summary>
    public double LargestShare => _total == 0 ? 0 : (double)_largest / _total;

    /// <summary>Counts a host's probes.</summary>
    public void Add(InternetAddress address, long probes, bool isRouted)
    {
        _total += probes;
        if (isRouted)
        {
            ref var sum = ref CollectionsMarshal.GetValueRefOrAddDefault(
                address.IsIPv4 ? _ipv4 : _ipv6, address.IsIPv4 ? address.IPv4Bits >> Ipv4Bits : address.UpperBits, out _);
            sum += probes;
            _largest = Math.Max(_largest, sum);
        }
    }
}
