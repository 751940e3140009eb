using System.Buffers.Binary;
using System.Text;

namespace Portolan.Scan.Proxies;

/// <summary>Asks a SOCKS proxy for a connection. Not one byte behind its reply is read.</summary>
internal static class SocksHandshake
{
    private const byte Version5 = 5;
    private const byte NoAuthentication = 0;
    private const byte UserAndPassword = 2;
    private const int MostName = 255;

    /// <summary>RFC 1928 section 3, RFC 1929: agrees how we say who we are, and says it.</summary>
    /// <returns><c>null</c> when it may be asked.</returns>
    public static async Task<ProxyReply?> GreetAsync(Stream stream, ProxyServer proxy, CancellationToken giveUp)
    {
        byte[] hello = proxy.User is null ? [Version5, 1, NoAuthentication] : [Version5, 2, NoAuthentication, UserAndPassword];
        await stream.WriteAsync(hello, giveUp);
        var chosen = new byte[2];
        await stream.ReadExactlyAsync(chosen, giveUp);
        if (chosen[0] != Version5)
        {
            return new ProxyReply(ProxyAnswer.Useless, "it does not speak SOCKS5");
        }

        switch (chosen[1])
        {
            case NoAuthentication:
                return null;
            case UserAndPassword when proxy.User is not null:
                await stream.WriteAsync(
                    (byte[])[1, .. Counted(proxy.User), .. Counted(proxy.Password ?? "")], giveUp);
                await stream.ReadExactlyAsync(chosen, giveUp);
                return chosen[1] == 0 ? null : new ProxyReply(ProxyAnswer.Useless, "it refuses the user name and password");
            default:
                return new ProxyReply(
                    ProxyAnswer.Useless,
                    proxy.User is null ? "it requires a user name and password" : "it does not accept a user name and password");
        }
    }

    /// <summary>RFC 1928 sections 4 and 6: CONNECT.</summary>
    public static async Task<ProxyReply> Connect5Async(Stream stream, ProxyTarget target, CancellationToken giveUp)
    {
        byte[] address = target.Name is { } name
            ? [3, .. Counted(name)]
            : [target.Address.IsIPv4 ? (byte)1 : (byte)4, .. target.Address.ToIPAddress().GetAddressBytes()];
        if (target.Name?.Length > MostName)
        {
            return new ProxyReply(ProxyAnswer.WrongAddress, "the name is too long for SOCKS5");
        }

        await stream.WriteAsync((byte[])[Version5, 1, 0, .. address, .. PortOf(target)], giveUp);
        var reply = new byte[4];
        await stream.ReadExactlyAsync(reply, giveUp);
        if (reply[0] != Version5)
        {
            return new ProxyReply(ProxyAnswer.Useless, "it does not speak SOCKS5");
        }

        // Where it connects from, which is not needed.
        var length = reply[3] switch { 1 => 4, 4 => 16, 3 => -1, _ => 0 };
        if (length < 0)
        {
            var one = new byte[1];
            await stream.ReadExactlyAsync(one, giveUp);
            length = one[0];
        }

        await stream.ReadExactlyAsync(new byte[length + 2], giveUp);
        return reply[1] switch
        {
            0 => ProxyReply.Connected,
            2 => new ProxyReply(ProxyAnswer.Prohibited, "connection not allowed by ruleset"),
            3 => new ProxyReply(ProxyAnswer.NetworkUnreachable, "network unreachable"),
            4 => new ProxyReply(ProxyAnswer.HostUnreachable, "host unreachable"),
            5 => new ProxyReply(ProxyAnswer.Refused, "connection refused"),
            6 => new ProxyReply(ProxyAnswer.TimedOut, "TTL expired"),
            7 => new ProxyReply(ProxyAnswer.Useless, "it does not support CONNECT"),
            8 => new ProxyReply(ProxyAnswer.WrongAddress, "address type not supported"),
            var code => new ProxyReply(ProxyAnswer.Failed, code == 1 ? "general SOCKS server failure" : $"SOCKS reply {code}"),
        };
    }

    /// <summary>SOCKS4, and 4a for names: the proxy says no more than yes or no.</summary>
    public static async Task<ProxyReply> Connect4Async(Stream stream, ProxyServer proxy, ProxyTarget target, CancellationToken giveUp)
    {
        if (target.Name is null && !target.Address.IsIPv4)
        {
            return new ProxyReply(ProxyAnswer.WrongAddress, "SOCKS4 supports IPv4 only");
        }

        byte[] address = target.Name is null ? target.Address.ToIPAddress().GetAddressBytes() : [0, 0, 0, 1];
        byte[] name = target.Name is null ? [] : [.. Encoding.UTF8.GetBytes(target.Name), 0];
        await stream.WriteAsync(
            (byte[])[4, 1, .. PortOf(target), .. address, .. Encoding.UTF8.GetBytes(proxy.User ?? ""), 0, .. name], giveUp);
        var reply = new byte[8];
        await stream.ReadExactlyAsync(reply, giveUp);
        return (reply[0], reply[1]) switch
        {
            (0, 0x5a) => ProxyReply.Connected,
            (0, 0x5b) => new ProxyReply(ProxyAnswer.Failed, "request rejected or failed"),
            (0, 0x5c or 0x5d) => new ProxyReply(ProxyAnswer.Useless, "it wants identd to confirm the user"),
            _ => new ProxyReply(ProxyAnswer.Useless, "it does not speak SOCKS4"),
        };
    }

    private static byte[] Counted(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        return [(byte)bytes.Length, .. bytes];
    }

    private static byte[] PortOf(ProxyTarget target)
    {
        var port = new byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(port, target.Port.Value);
        return port;
    }
}
