using System.Globalization;

namespace Portolan.Reachability.Sources;

/// <summary>A network: an address and how many of its bits count.</summary>
/// <param name="Address">Its first address.</param>
/// <param name="Length">0 to 32, or to 128.</param>
public readonly record struct AddressPrefix(InternetAddress Address, int Length)
{
    /// <summary><c>10.0.0.0/8</c>; a single address stands without its length.</summary>
    public override string ToString() =>
        Length == Address.BitCount ? Address.ToString() : string.Create(CultureInfo.InvariantCulture, $"{Address}/{Length}");

    /// <summary>Always with the length, for the machine formats.</summary>
    public string ToMachineText() => string.Create(CultureInfo.InvariantCulture, $"{Address}/{Length}");
}
