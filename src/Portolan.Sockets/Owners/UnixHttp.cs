using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Portolan.Sockets.Owners;

/// <summary>One request over a Unix socket in HTTP/1.0, whose answer ends with the connection: all that a container runtime is asked.</summary>
/// <remarks>Not HttpClient: that costs a megabyte of program and a millisecond of start for the same bytes.</remarks>
internal static class UnixHttp
{
    private const int LongestAnswer = 16 * 1024 * 1024;

    /// <summary>The body of a 200 answer, or <c>null</c> for anything else: no socket, no permission, too slow, another status.</summary>
    internal static byte[]? Get(string socketPath, string target, TimeSpan budget, TimeProvider clock) =>
        Exchange(socketPath, $"GET {target} HTTP/1.0\r\nHost: localhost\r\nConnection: close\r\n\r\n", budget, clock) is { } answer ? Body(answer) : null;

    /// <summary>The status of the answer to a POST without a body, such as 204; 0 when there is none.</summary>
    internal static int Post(string socketPath, string target, TimeSpan budget, TimeProvider clock) =>
        Exchange(socketPath, $"POST {target} HTTP/1.0\r\nHost: localhost\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", budget, clock) is { } answer
            ? Status(answer)
            : 0;

    /// <summary>The three digits of an answer's status line, or 0.</summary>
    internal static int Status(ReadOnlySpan<byte> answer) =>
        answer.Length >= 12 && answer.StartsWith("HTTP/1."u8) && answer[8] == (byte)' '
            && int.TryParse(answer.Slice(9, 3), NumberStyles.None, CultureInfo.InvariantCulture, out var status)
            ? status
            : 0;

    private static byte[]? Exchange(string socketPath, string request, TimeSpan budget, TimeProvider clock)
    {
        var started = clock.GetTimestamp();
        try
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            socket.SendTimeout = Milliseconds(budget);
            socket.Connect(new UnixDomainSocketEndPoint(socketPath));
            socket.Send(Encoding.ASCII.GetBytes(request));
            var buffer = new byte[32 * 1024];
            var length = 0;
            while (true)
            {
                var left = budget - clock.GetElapsedTime(started);
                if (left <= TimeSpan.Zero || length > LongestAnswer)
                {
                    return null;
                }

                if (length == buffer.Length)
                {
                    Array.Resize(ref buffer, buffer.Length * 2);
                }

                socket.ReceiveTimeout = Milliseconds(left);
                var count = socket.Receive(buffer.AsSpan(length));
                if (count == 0)
                {
                    return buffer.AsSpan(0, length).ToArray();
                }

                length += count;
            }
        }
        catch (Exception e) when (e is SocketException or ArgumentException)
        {
            // ArgumentException: a path longer than a Unix socket's address holds.
            return null;
        }
    }

    /// <summary>The body of an answer with status 200, or <c>null</c>.</summary>
    internal static byte[]? Body(ReadOnlySpan<byte> answer)
    {
        var end = answer.IndexOf("\r\n\r\n"u8);
        return end > 0 && answer.StartsWith("HTTP/1."u8) && answer[8..].StartsWith(" 200"u8) ? answer[(end + 4)..].ToArray() : null;
    }

    private static int Milliseconds(TimeSpan time) => Math.Max(1, (int)time.TotalMilliseconds);
}
