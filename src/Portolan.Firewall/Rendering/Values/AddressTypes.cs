using System.Net;

namespace Portolan.Firewall.Rendering.Values;

/// <summary>IPv4 and IPv6 addresses.</summary>
internal sealed class AddressType(string name, uint number, int length) : DataType(name, number, length, isHostOrder: false)
{
    /// <inheritdoc/>
    public override bool HasPrefixes => true;

    /// <inheritdoc/>
    public override string Format(ReadOnlySpan<byte> data)
    {
        if (data.Length != Length)
        {
            return ByteText.Hex(data);
        }

        // An IPv6 address that ends in an IPv4 one has two spellings; both are read.
        return new IPAddress(data).ToString();
    }
}

/// <summary>MAC addresses.</summary>
internal sealed class HardwareAddressType(string name, uint number, int length) : DataType(name, number, length, isHostOrder: false)
{
    /// <inheritdoc/>
    public override bool HasPrefixes => true;

    /// <inheritdoc/>
    public override string Format(ReadOnlySpan<byte> data)
    {
        var parts = new string[data.Length];
        for (var i = 0; i < data.Length; i++)
        {
            parts[i] = data[i].ToString("x2", System.Globalization.CultureInfo.InvariantCulture);
        }

        return string.Join(':', parts);
    }
}
