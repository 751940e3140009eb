using System.Globalization;
using System.Text;

namespace Portolan.Scan.Proxies;

/// <summary>Asks an HTTP proxy for a connection (CONNECT, RFC 9110 section 9.3.6). Not one byte behind its reply is read.</summary>
internal static class HttpHandshake
{
    private const int MostHead = 16 << 10;

    // errno(3), as Squid names it.
    private const int NetworkUnreachable = 101;
    private const int TimedOut = 110;
    private const int ConnectionRefused = 111;
    private const int HostUnreachable = 113;

    /// <summary>Asks.</summary>
    public static async Task<ProxyReply> ConnectAsync(Stream stream, ProxyServer proxy, ProxyTarget target, CancellationToken giveUp)
    {
        var credentials = proxy.User is null
            ? ""
            : $"Proxy-Authorization: Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes($"{proxy.User}:{proxy.Password}"))}\r\n";
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n{credentials}\r\n"), giveUp);
        return await ReadHeadAsync(stream, giveUp) is { } head
            ? Judge(head.Split("\r\n"))
            : new ProxyReply(ProxyAnswer.Useless, $"the header of its reply exceeds {MostHead} bytes");
    }

    /// <summary>What the head of a reply says.</summary>
    /// <param name="lines">Its lines.</param>
    internal static ProxyReply Judge(string[] lines)
    {
        if (!lines[0].StartsWith("HTTP/1.", StringComparison.Ordinal) || lines[0].Length < 12
            || !int.TryParse(lines[0].AsSpan(9, 3), NumberStyles.None, CultureInfo.InvariantCulture, out var status))
        {
            return new ProxyReply(ProxyAnswer.Useless, "it does not speak HTTP/1.1");
        }

        var words = lines[0][9..].Trim();
        if (status is >= 200 and < 300)
        {
            return ProxyReply.Connected;
        }

        if (status == 407)
        {
            return new ProxyReply(ProxyAnswer.Useless, $"it refuses or requires credentials: {words}");
        }

        var told = lines.Skip(1).Select(OfHeader).FirstOrDefault(static a => a is not null) ?? status switch
        {
            403 or 405 => ProxyAnswer.Prohibited,
            504 => ProxyAnswer.TimedOut,
            _ => ProxyAnswer.Failed,
        };
        return new ProxyReply(told, words);
    }

    /// <summary>What some proxies say besides the status, which is one and the same for a closed port and a dead host.</summary>
    private static ProxyAnswer? OfHeader(string line)
    {
        var colon = line.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0)
        {
            return null;
        }

        var value = line[(colon + 1)..].Trim();
        return line[..colon].ToUpperInvariant() switch
        {
            "PROXY-STATUS" => OfProxyStatus(value),
            "X-SQUID-ERROR" => OfSquid(value.Split(' ')),
            _ => null,
        };
    }

    /// <summary>RFC 9209 section 2.3: the error of the last proxy on the way.</summary>
    private static ProxyAnswer? OfProxyStatus(string value)
    {
        var at = value.LastIndexOf("error=", StringComparison.Ordinal);
        return at < 0 ? null : value[(at + 6)..].Split([';', ',', ' '])[0] switch
        {
            "connection_refused" => ProxyAnswer.Refused,
            "connection_timeout" => ProxyAnswer.TimedOut,
            "dns_error" or "dns_timeout" or "destination_not_found" => ProxyAnswer.HostUnreachable,
            "destination_ip_unroutable" => ProxyAnswer.NetworkUnreachable,
            "destination_ip_prohibited" or "http_request_denied" => ProxyAnswer.Prohibited,
            _ => ProxyAnswer.Failed,
        };
    }

    private static ProxyAnswer OfSquid(string[] words) => words[0] switch
    {
        "ERR_CONNECT_FAIL" when words.Length > 1 && int.TryParse(words[1], CultureInfo.InvariantCulture, out var errno) => errno switch
        {
            ConnectionRefused => ProxyAnswer.Refused,
            HostUnreachable => ProxyAnswer.HostUnreachable,
            NetworkUnreachable => ProxyAnswer.NetworkUnreachable,
            TimedOut => ProxyAnswer.TimedOut,
            _ => ProxyAnswer.Failed,
        },
        "ERR_DNS_FAIL" => ProxyAnswer.HostUnreachable,
        "ERR_ACCESS_DENIED" => ProxyAnswer.Prohibited,
        _ => ProxyAnswer.Failed,
    };

    private static async Task<string?> ReadHeadAsync(Stream stream, CancellationToken giveUp)
    {
        var head = new StringBuilder();
        var one = new byte[1];
        while (head.Length < MostHead)
        {
            await stream.ReadExactlyAsync(one, giveUp);
            head.Append((char)one[0]);
            if (one[0] == '\n' && head.Length >= 4 && head[^2] == '\r' && head[^3] == '\n' && head[^4] == '\r')
            {
                return head.ToString(0, head.Length - 4);
            }
        }

        return null;
    }
}
