using System.Globalization;

namespace Portolan.Model;

/// <summary>A network: an address and how many of its bits count.</summary>
/// <param name="Address">Its first address.</param>
/// <param name="Length">0 to 32, or to 128.</param>
public readonly record struct AddressPrefix(InternetAddress Address, int Length)
{
    /// <summary>Its last address.</summary>
    public InternetAddress Last =>
        InternetAddress.FromNumber(
            Address.Number | (Length == 0 && Address.BitCount == 128 ? UInt128.MaxValue : (UInt128.One << (Address.BitCount - Length)) - 1),
            Address.IsIPv4);

    /// <summary>Reads <c>198.18.0.0/16</c>; a single address is a network of one. Bits behind the length must be zero.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out AddressPrefix prefix)
    {
        prefix = default;
        var slash = text.IndexOf('/');
        if (!InternetAddress.TryParse(slash < 0 ? text : text[..slash], out var address))
        {
            return false;
        }

        var length = address.BitCount;
        if (slash >= 0
            && (!int.TryParse(text[(slash + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out length)
                || length > address.BitCount))
        {
            return false;
        }

        prefix = new AddressPrefix(address, length);
        return prefix == Of(address, length);
    }

    /// <summary>The network of an address.</summary>
    public static AddressPrefix Of(InternetAddress address, int length)
    {
        var shift = address.BitCount - length;
        return new(
            length == 0
                ? InternetAddress.FromNumber(0, address.IsIPv4)
                : InternetAddress.FromNumber(address.Number >> shift << shift, address.IsIPv4), length);
    }

    /// <summary>Whether an address is in it.</summary>
    public bool Contains(InternetAddress address) => address.IsIPv4 == Address.IsIPv4 && address.IsIn(Address, Length);

    /// <summary><c>10.0.0.0/8</c>; a single address stands without its length.</summary>
    public override string ToString() =>
        Length == Address.BitCount ? Address.ToString() : string.Create(CultureInfo.InvariantCulture, $"{Address}/{Length}");

    /// <summary>Always with the length, for the machine formats.</summary>
    public string ToMachineText() => string.Create(CultureInfo.InvariantCulture, $"{Address}/{Length}");
}
