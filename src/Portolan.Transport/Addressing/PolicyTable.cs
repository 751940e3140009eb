using Portolan.Model;

namespace Portolan.Transport.Addressing;

/// <summary>A row of a <see cref="PolicyTable"/>.</summary>
/// <param name="Prefix">The network, an IPv6 address; IPv4 is <c>::ffff:0:0/96</c>.</param>
/// <param name="Length">Its length in bits, 0–128.</param>
/// <param name="Precedence">Destinations with a higher one come first.</param>
/// <param name="Label">A source suits a destination of its own label.</param>
internal readonly record struct AddressPolicy(InternetAddress Prefix, int Length, int Precedence, int Label);

/// <summary>
/// The policy table of RFC 6724 section 2.1: which destinations are preferred, and which sources suit them. The longest prefix counts.
/// </summary>
internal sealed class PolicyTable
{
    private readonly AddressPolicy[] _rows;

    /// <summary>Makes a table.</summary>
    /// <param name="rows">Any order. What no row matches has precedence 1 and a label of its own.</param>
    public PolicyTable(params ReadOnlySpan<AddressPolicy> rows)
    {
        _rows = rows.ToArray();
        Array.Sort(_rows, static (a, b) => b.Length.CompareTo(a.Length));
    }

    /// <summary>The default table of RFC 6724 section 2.1.</summary>
    public static PolicyTable Default { get; } = new(
        new(InternetAddress.LoopbackIPv6, 128, 50, 0),
        new(InternetAddress.AnyIPv6, 0, 40, 1),
        new(Network(0, 0x0000_ffff_0000_0000), 96, 35, 4),
        new(Network(0x2002_0000_0000_0000, 0), 16, 30, 2),
        new(Network(0x2001_0000_0000_0000, 0), 32, 5, 5),
        new(Network(0xfc00_0000_0000_0000, 0), 7, 3, 13),
        new(InternetAddress.AnyIPv6, 96, 1, 3),
        new(Network(0xfec0_0000_0000_0000, 0), 10, 1, 11),
        new(Network(0x3ffe_0000_0000_0000, 0), 16, 1, 12));

    /// <summary>The precedence of a destination.</summary>
    public int PrecedenceOf(InternetAddress address) => Find(address).Precedence;

    /// <summary>The label of an address.</summary>
    public int LabelOf(InternetAddress address) => Find(address).Label;

    private static InternetAddress Network(ulong upper, ulong lower) =>
        InternetAddress.FromNumber(new UInt128(upper, lower), isIPv4: false);

    private AddressPolicy Find(InternetAddress address)
    {
        // IPv4 is in the table in its IPv4-mapped form (section 2.1), which is how the value is kept.
        var mapped = Network(address.UpperBits, address.LowerBits);
        foreach (var row in _rows)
        {
            if (mapped.IsIn(row.Prefix, row.Length))
            {
                return row;
            }
        }

        return new AddressPolicy(InternetAddress.AnyIPv6, 0, 1, -1);
    }
}
