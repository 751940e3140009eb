using System.Net;
using Portolan.Model;

namespace Portolan.Transport;

/// <summary>Addresses of the framework and of the stack.</summary>
internal static class StackAddresses
{
    internal static IPEndPoint ToEndPoint(InternetAddress address, PortNumber port, int interfaceNumber)
    {
        var framework = address.ToIPAddress();
        if (!address.IsIPv4 && address.IsLinkLocal)
        {
            framework.ScopeId = interfaceNumber;
        }

        return new IPEndPoint(framework, port.Value);
    }

    /// <summary>Who is meant by a peer's address: as on Linux, this host itself by the unspecified one.</summary>
    internal static IPEndPoint OfPeer(IPEndPoint endPoint) =>
        endPoint.Address.Equals(IPAddress.Any) ? new IPEndPoint(IPAddress.Loopback, endPoint.Port)
        : endPoint.Address.Equals(IPAddress.IPv6Any) ? new IPEndPoint(IPAddress.IPv6Loopback, endPoint.Port)
        : endPoint;

    internal static (InternetAddress Address, PortNumber Port, int Interface) From(IPEndPoint endPoint) =>
        (InternetAddress.From(endPoint.Address), new PortNumber((ushort)endPoint.Port), ScopeOf(endPoint.Address));

    internal static int ScopeOf(IPAddress address) => address.IsIPv6LinkLocal || address.IsIPv6Multicast ? (int)address.ScopeId : 0;

    /// <summary>
    /// Reads an address with the length of its network, such as <c>198.18.0.1/24</c>. Without the length an address would reach no host.
    /// </summary>
    /// <exception cref="ArgumentNullException">It is <c>null</c>.</exception>
    /// <exception cref="FormatException">It is none.</exception>
    internal static (InternetAddress Address, int Length) ParsePrefix(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (!InternetAddress.TryParse(slash < 0 ? text : text.AsSpan(0, slash), out var address))
        {
            throw new FormatException($"'{text}' is not an address with a prefix length: expected ADDRESS/PREFIX, e.g. 198.18.0.1/24");
        }

        if (slash < 0)
        {
            throw new FormatException(
                $"'{text}' has no length of its network: expected ADDRESS/PREFIX, e.g. {text}/{(address.IsIPv4 ? 24 : 64)}");
        }

        return int.TryParse(
            text.AsSpan(slash + 1), System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture,
            out var length) && (uint)length <= address.BitCount
            ? (address, length)
            : throw new FormatException($"'{text}' has no length of a network: expected 0 to {address.BitCount} behind the slash");
    }

    /// <summary>Reads an address alone.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    internal static InternetAddress Parse(string text) =>
        InternetAddress.TryParse(text, out var address)
            ? address
            : throw new FormatException($"'{text}' is not an address: expected e.g. 198.18.0.1");
}
