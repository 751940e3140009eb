using System.Globalization;
using System.Net;
using Portolan.Model;

namespace Portolan.Scan.Names;

/// <summary>A DNS server to ask.</summary>
/// <param name="Address">Its address.</param>
/// <param name="ScopeId">The interface of a link-local address, or 0.</param>
/// <param name="Port">Its port, UDP and TCP; usually 53.</param>
public sealed record DnsServer(InternetAddress Address, uint ScopeId, PortNumber Port)
{
    /// <summary>DNS (RFC 1035 section 4.2).</summary>
    public static PortNumber DefaultPort => new(53);

    /// <summary>For sockets.</summary>
    public IPEndPoint ToEndPoint() =>
        new(Address.IsIPv4 ? Address.ToIPAddress() : new IPAddress(Address.ToIPAddress().GetAddressBytes(), ScopeId), Port);

    /// <summary>
    /// Reads <c>192.0.2.53</c>, <c>192.0.2.53:5353</c>, <c>2001:db8::53</c>, <c>[2001:db8::53]:5353</c> or <c>fe80::1%2</c>.
    /// </summary>
    /// <param name="text">The text.</param>
    /// <param name="findInterface">The number of the interface with a name, for <c>fe80::1%eth0</c>; numbers are understood without
    /// it.</param>
    /// <param name="server">The server, or <c>null</c>.</param>
    public static bool TryParse(string text, Func<string, uint?>? findInterface, out DnsServer? server)
    {
        ArgumentNullException.ThrowIfNull(text);
        server = null;
        var address = text.AsSpan().Trim();
        var port = DefaultPort;
        if (address.StartsWith('['))
        {
            var close = address.IndexOf(']');
            if (close < 0
                || (close + 1 < address.Length && (address[close + 1] != ':' || !PortNumber.TryParse(address[(close + 2)..], out port))))
            {
                return false;
            }

            address = address[1..close];
        }
        else if (address.Count(':') == 1)
        {
            var colon = address.IndexOf(':');
            if (!PortNumber.TryParse(address[(colon + 1)..], out port))
            {
                return false;
            }

            address = address[..colon];
        }

        uint scope = 0;
        if (address.IndexOf('%') is var percent and >= 0)
        {
            var zone = address[(percent + 1)..];
            if (!uint.TryParse(zone, NumberStyles.None, CultureInfo.InvariantCulture, out scope))
            {
                if (findInterface?.Invoke(zone.ToString()) is not { } found)
                {
                    return false;
                }

                scope = found;
            }

            address = address[..percent];
        }

        if (port == PortNumber.Zero || !InternetAddress.TryParse(address, out var parsed))
        {
            return false;
        }

        server = new DnsServer(parsed.Unmap(), scope, port);
        return true;
    }

    /// <summary>Reads servers between commas (<c>--dns-servers</c>).</summary>
    /// <exception cref="PortolanException">One of them is not an address. Exit code 2.</exception>
    public static IReadOnlyList<DnsServer> ParseList(string list, Func<string, uint?>? findInterface = null)
    {
        ArgumentNullException.ThrowIfNull(list);
        var servers = new List<DnsServer>();
        foreach (var word in list.Split(',', StringSplitOptions.TrimEntries))
        {
            servers.Add(TryParse(word, findInterface, out var server)
                ? server!
                : throw new PortolanException(
                    word.Length == 0
                        ? "--dns-servers: a server is missing between commas"
                        : $"--dns-servers: \"{word}\" is not the address of a server",
                    $"write addresses: 192.0.2.53, 192.0.2.53:5353 or [2001:db8::53]:5353",
                    ExitCode.Usage));
        }

        return servers;
    }

    /// <summary>Such as <c>192.0.2.53</c>, <c>192.0.2.53:5353</c> or <c>[2001:db8::53]:5353</c>.</summary>
    public override string ToString()
    {
        var address = ScopeId == 0 ? Address.ToString() : string.Create(CultureInfo.InvariantCulture, $"{Address}%{ScopeId}");
        return Port == DefaultPort ? address : Address.IsIPv4 ? $"{address}:{Port}" : $"[{address}]:{Port}";
    }
}
