using System.Globalization;
using Portolan.Model;

namespace Portolan.Scan.Names;

/// <summary>The name under which DNS keeps what an address is called.</summary>
public static class ReverseName
{
    /// <summary><c>1.2.0.192.in-addr.arpa</c> (RFC 1035 section 3.5), or 32 digits and <c>ip6.arpa</c> (RFC 3596 section 2.5).</summary>
    public static string Of(InternetAddress address)
    {
        if (address.IsIPv4)
        {
            var bits = address.IPv4Bits;
            return string.Create(
                CultureInfo.InvariantCulture, $"{bits & 255}.{(bits >> 8) & 255}.{(bits >> 16) & 255}.{bits >> 24}.in-addr.arpa");
        }

        return string.Create(72, address, static (text, address) =>
        {
            Span<byte> bytes = stackalloc byte[16];
            address.WriteBytes(bytes);
            for (var i = 0; i < 32; i++)
            {
                var value = bytes[15 - (i / 2)];
                text[2 * i] = "0123456789abcdef"[(i % 2 == 0 ? value : value >> 4) & 15];
                text[(2 * i) + 1] = '.';
            }

            "ip6.arpa".CopyTo(text[64..]);
        });
    }
}
