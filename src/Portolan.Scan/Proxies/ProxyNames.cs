using Portolan.Model;
using Portolan.Scan.Names;

namespace Portolan.Scan.Proxies;

/// <summary>
/// Names that the last proxy looks up: here each has an address that stands for it, of a block that nobody has. Safe to use from several
/// threads at once.
/// </summary>
public sealed class ProxyNames : INameLookup
{
    // RFC 1112 section 4, never given to anybody; RFC 6666, which leads nowhere.
    private const uint FirstIPv4 = 0xf000_0001;
    private const int MostNames = 1 << 24;

    private static readonly InternetAddress FirstIPv6 = InternetAddress.FromNumber(new UInt128(0x0100_0000_0000_0000, 1), isIPv4: false);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, int> _numbers = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<string> _names = [];

    /// <summary>How many names have an address that stands for them.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _names.Count;
            }
        }
    }

    /// <summary>The name that an address stands for; <c>null</c> for none.</summary>
    public string? NameOf(InternetAddress address)
    {
        var number = address.IsIPv4
            ? (long)address.IPv4Bits - FirstIPv4
            : address.UpperBits == FirstIPv6.UpperBits ? (long)address.LowerBits - 1 : -1;
        lock (_gate)
        {
            return number >= 0 && number < _names.Count ? _names[(int)number] : null;
        }
    }

    /// <inheritdoc/>
    public Task<NameAnswer> LookUpAsync(string name, AddressFamilies families, CancellationToken cancellation)
    {
        int number;
        lock (_gate)
        {
            if (!_numbers.TryGetValue(name, out number))
            {
                if (_names.Count == MostNames)
                {
                    return Task.FromResult(new NameAnswer(name, [], $"more than {MostNames} names"));
                }

                number = _names.Count;
                _numbers.Add(name, number);
                _names.Add(name);
            }
        }

        var address = (families & AddressFamilies.IPv4) != 0
            ? InternetAddress.FromIPv4(FirstIPv4 + (uint)number)
            : FirstIPv6.Plus((ulong)number);
        return Task.FromResult(new NameAnswer(name, [address], Problem: null));
    }
}
