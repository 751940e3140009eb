using System.Globalization;
using System.Text;

namespace Portolan.Lab.Scenarios.Clients;

/// <summary>As much of a browser as scenarios need: asks for a page over a connection that is open (RFC 9112).</summary>
internal static class Browser
{
    private const int MaxHead = 16 << 10;

    /// <summary>The request for a page, as it is sent.</summary>
    internal static string Request(string host, string path) => $"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n";

    /// <summary>Asks for a page and returns the whole reply, head and body; the connection stays open.</summary>
    /// <exception cref="IOException">The connection ended before the reply did, or the reply has no length.</exception>
    internal static async Task<string> GetAsync(Stream stream, string host, string path)
    {
        await stream.WriteAsync(Encoding.ASCII.GetBytes(Request(host, path)));
        var reply = new List<byte>();
        var buffer = new byte[4096];
        int? whole = null;
        while (whole is null || reply.Count < whole)
        {
            var length = await stream.ReadAsync(buffer);
            if (length == 0)
            {
                throw new IOException($"the server closed the connection after {reply.Count} bytes of its reply");
            }

            reply.AddRange(buffer.AsSpan(0, length));
            whole ??= FindLength([.. reply]);
        }

        return Encoding.UTF8.GetString([.. reply]);
    }

    /// <summary>The number of the status in a reply, such as 200; 0 when there is none.</summary>
    internal static int StatusOf(string reply) =>
        reply.Split(' ', 3) is [var version, var status, _] && version.StartsWith("HTTP/1.", StringComparison.Ordinal)
            && int.TryParse(status, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;

    /// <summary>The lines of a reply that are worth showing: the status, the type, and the title.</summary>
    internal static IEnumerable<string> Gist(string reply) =>
        ShortText.Lines(reply.Split('\n').Select(static line => line.Trim()), static line =>
        line.StartsWith("HTTP/", StringComparison.Ordinal) || line.StartsWith("Content-", StringComparison.OrdinalIgnoreCase)
            || line.StartsWith("<h1>", StringComparison.Ordinal));

    /// <summary>Bytes of head and body; <c>null</c> while the head is not whole.</summary>
    private static int? FindLength(byte[] reply)
    {
        var end = reply.AsSpan().IndexOf("\r\n\r\n"u8);
        if (end < 0)
        {
            return reply.Length > MaxHead ? throw new IOException("the head of the reply does not end") : null;
        }

        const string Name = "Content-Length:";
        var line = Array.Find(
            Encoding.ASCII.GetString(reply, 0, end).Split("\r\n"), static l => l.StartsWith(Name, StringComparison.OrdinalIgnoreCase));
        return line is not null
            && int.TryParse(line.AsSpan(Name.Length).Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var body)
            ? end + 4 + body
            : throw new IOException("the reply does not say how long it is");
    }
}
