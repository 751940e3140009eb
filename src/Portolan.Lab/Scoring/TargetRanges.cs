using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Portolan.Lab.Topology;

namespace Portolan.Lab.Scoring;

/// <summary>Addresses that words name, as ranges that do not overlap.</summary>
internal sealed class TargetRanges
{
    private const int MostRanges = 1 << 16;
    private readonly List<AddressRange> _ranges;

    private TargetRanges(List<AddressRange> ranges)
    {
        ranges.Sort(static (a, b) => a.First.CompareTo(b.First));
        _ranges = [];
        foreach (var range in ranges)
        {
            if (_ranges.Count > 0 && _ranges[^1] is var last && last.Last.IsIPv4 == range.First.IsIPv4 && range.First <= last.Last)
            {
                _ranges[^1] = new AddressRange(last.First, range.Last > last.Last ? range.Last : last.Last);
            }
            else
            {
                _ranges.Add(range);
            }
        }
    }

    /// <summary>The ranges, ascending.</summary>
    public IReadOnlyList<AddressRange> Ranges => _ranges;

    /// <summary>How many addresses they are.</summary>
    public UInt128 Count
    {
        get
        {
            var count = UInt128.Zero;
            foreach (var range in _ranges)
            {
                count += range.Count;
            }

            return count;
        }
    }

    /// <summary>Reads what a person names.</summary>
    /// <exception cref="PortolanException">A word is neither an address nor a name of the lab.</exception>
    public static TargetRanges Parse(IReadOnlyList<string> words, LabTopology topology)
    {
        var ranges = new List<AddressRange>();
        foreach (var word in words)
        {
            if (!TryWord(word, topology, ranges))
            {
                throw new PortolanException(
                    $"--targets: '{word}' is neither an address nor a name of the lab",
                    $"name addresses (198.18.0.1), prefixes (198.18.0.0/24), octet ranges (198.18.0.1-20) or hosts of the lab",
                    ExitCode.Usage);
            }
        }

        return new TargetRanges(ranges);
    }

    /// <summary>Takes what looks like targets from a scanner's command line; words that do not are passed over.</summary>
    public static TargetRanges OfCommandLine(IReadOnlyList<string> words, LabTopology topology)
    {
        var ranges = new List<AddressRange>();
        foreach (var word in words.Skip(1))
        {
            if (word.Length > 0 && word[0] != '-')
            {
                _ = TryWord(word, topology, ranges);
            }
        }

        return new TargetRanges(ranges);
    }

    private static bool TryWord(string word, LabTopology topology, List<AddressRange> ranges)
    {
        if (InternetAddress.TryParse(word, out var address))
        {
            ranges.Add(new AddressRange(address, address));
            return true;
        }

        var slash = word.IndexOf('/', StringComparison.Ordinal);
        if (slash > 0)
        {
            // As nmap does: bits behind the length count for nothing.
            if (!InternetAddress.TryParse(word.AsSpan(0, slash), out address)
                || !int.TryParse(word.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var length)
                || length > address.BitCount)
            {
                return false;
            }

            var prefix = AddressPrefix.Of(address, length);
            ranges.Add(new AddressRange(prefix.Address, prefix.Last));
            return true;
        }

        var dash = word.IndexOf('-', StringComparison.Ordinal);
        if (dash > 0 && InternetAddress.TryParse(word.AsSpan(0, dash), out var first)
            && InternetAddress.TryParse(word.AsSpan(dash + 1), out var last)
            && first.IsIPv4 == last.IsIPv4 && first <= last)
        {
            ranges.Add(new AddressRange(first, last));
            return true;
        }

        return TryOctets(word, ranges) || TryName(word, topology, ranges);
    }

    private static bool TryOctets(string word, List<AddressRange> ranges)
    {
        var parts = word.Split('.');
        var octets = new List<(byte First, byte Last)>[4];
        if (parts.Length != 4)
        {
            return false;
        }

        var count = 1;
        for (var i = 0; i < 4; i++)
        {
            if (!TryOctet(parts[i], out octets[i]!))
            {
                return false;
            }

            var size = i == 3 ? octets[i].Count : octets[i].Sum(static range => range.Last - range.First + 1);
            count *= size;
            if (count > MostRanges)
            {
                return false;
            }
        }

        foreach (var a in Each(octets[0]))
        {
            foreach (var b in Each(octets[1]))
            {
                foreach (var c in Each(octets[2]))
                {
                    var start = ((uint)a << 24) | ((uint)b << 16) | ((uint)c << 8);
                    ranges.AddRange(
                        octets[3].Select(
                            last => new AddressRange(
                                InternetAddress.FromIPv4(start | last.First), InternetAddress.FromIPv4(start | last.Last))));
                }
            }
        }

        return true;
    }

    private static IEnumerable<int> Each(List<(byte First, byte Last)> octets) =>
        octets.SelectMany(static range => Enumerable.Range(range.First, range.Last - range.First + 1));

    private static bool TryOctet(string text, [NotNullWhen(true)] out List<(byte First, byte Last)>? octets)
    {
        octets = [];
        foreach (var part in text.Split(','))
        {
            var ends = part.Split('-');
            byte last = byte.MaxValue;
            if (ends.Length > 2 || !TryNumber(ends[0], 0, out var first)
                || (ends.Length == 2 && !TryNumber(ends[1], byte.MaxValue, out last)))
            {
                return false;
            }

            last = ends.Length == 2 ? last : first;
            if (last < first)
            {
                return false;
            }

            octets.Add((first, last));
        }

        return true;

        // An end that is left out of a range is the least or the greatest.
        bool TryNumber(string digits, byte missing, out byte number)
        {
            number = missing;
            return (digits.Length == 0 && text.Contains('-', StringComparison.Ordinal))
                || byte.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out number);
        }
    }

    private static bool TryName(string word, LabTopology topology, List<AddressRange> ranges)
    {
        foreach (var host in topology.Hosts)
        {
            if (!host.IsRange && (host.Name == word || host.Names.Contains(word, StringComparer.OrdinalIgnoreCase))
                && host.Addresses.Count > 0)
            {
                ranges.Add(host.Addresses[0]);
                return true;
            }
        }

        return false;
    }
}
