using Portolan.Model;

namespace Portolan.Cli.Listing;

/// <summary>
/// Writes an address and port as ss does: <c>127.0.0.1:22</c>, <c>[::1]:22</c>, <c>[fe80::1]%eth0:546</c>, <c>0.0.0.0:*</c>, and
/// <c>*:80</c> for an IPv6 wildcard that takes IPv4 too.
/// </summary>
internal static class EndpointText
{
    /// <summary>Longest name of an interface: 15 bytes (IFNAMSIZ), each of which may be hostile and shown as <c>\x1b</c>.</summary>
    public const int MaxInterfaceLength = 15 * 4;

    /// <summary>
    /// Room that every endpoint fits in: address, brackets, <c>%</c>, interface, colon, port, and what <see cref="NumberText"/> overwrites.
    /// </summary>
    public const int MaxLength = InternetAddress.MaxTextLength + 2 + 1 + MaxInterfaceLength + 1 + 5 + 4;

    /// <summary>Writes the endpoint and returns its length. <paramref name="interfaceName"/> is empty for none.</summary>
    public static int Write(
        in InternetAddress address, ushort port, bool isDualStack, ReadOnlySpan<byte> interfaceName, Span<byte> destination)
    {
        int at;
        if (address.IsIPv4)
        {
            at = NumberText.WriteDotted(address.IPv4Bits, destination);
        }
        else
        {
            at = WriteIPv6(address, isDualStack, destination);
        }

        if (!interfaceName.IsEmpty)
        {
            destination[at++] = (byte)'%';
            interfaceName.CopyTo(destination[at..]);
            at += interfaceName.Length;
        }

        destination[at++] = (byte)':';
        if (port == 0)
        {
            destination[at++] = (byte)'*';
            return at;
        }

        return at + NumberText.Write(port, destination[at..]);
    }

    /// <summary>How long <see cref="Write"/>'s text is.</summary>
    public static int Length(in InternetAddress address, ushort port, bool isDualStack, int interfaceLength)
    {
        var length = 1 + (port == 0 ? 1 : NumberText.Length(port)) + (interfaceLength == 0 ? 0 : interfaceLength + 1);
        if (address.IsIPv4)
        {
            return length + NumberText.DottedLength(address.IPv4Bits);
        }

        Span<byte> text = stackalloc byte[MaxLength];
        return length + WriteIPv6(address, isDualStack, text);
    }

    private static int WriteIPv6(in InternetAddress address, bool isDualStack, Span<byte> destination)
    {
        if (isDualStack && address.IsUnspecified)
        {
            destination[0] = (byte)'*';
            return 1;
        }

        destination[0] = (byte)'[';
        address.TryFormat(destination[1..], out var written, default, null);
        destination[written + 1] = (byte)']';
        return written + 2;
    }
}
