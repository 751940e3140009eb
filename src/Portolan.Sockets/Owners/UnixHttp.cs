using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Portolan.Sockets.Owners;

/// <summary>
/// One request over a Unix socket in HTTP/1.0, whose answer ends with the connection: all that a container engine is asked.
/// </summary>
/// <remarks>Not HttpClient: that costs a megabyte of program and a millisecond of start for the same bytes.</remarks>
internal static class UnixHttp
{
    private const int LongestAnswer = 16 * 1024 * 1024;

    // SO_PEERCRED of socket(7): struct ucred, whose second number is the user.
    private const int SocketLevel = 1;
    private const int PeerCredentials = 17;

    /// <summary>What came of a request.</summary>
    /// <param name="Body">The body of a 200 answer, or <c>null</c> for anything else.</param>
    /// <param name="Trouble">Why there is none.</param>
    internal readonly record struct Answer(byte[]? Body, EngineTrouble Trouble);

    /// <summary>
    /// Asks the server behind a socket, which must be a process of a given user: a path below a user's folder may lead anywhere.
    /// </summary>
    internal static Answer Get(string socketPath, string target, uint server, TimeSpan budget, TimeProvider clock)
    {
        if (Exchange(
            socketPath, $"GET {target} HTTP/1.0\r\nHost: localhost\r\nConnection: close\r\n\r\n", server, budget, clock,
            out var trouble) is not { } answer)
        {
            return new Answer(null, trouble);
        }

        return Body(answer) is { } body
            ? new Answer(body, default)
            : new Answer(null, Status(answer) == 404 ? EngineTrouble.NotKnown : EngineTrouble.NoAnswer);
    }

    /// <summary>The status of the answer to a POST without a body, such as 204; 0 when there is none.</summary>
    internal static int Post(
        string socketPath, string target, uint server, TimeSpan budget, TimeProvider clock, out EngineTrouble trouble) =>
        Exchange(
            socketPath, $"POST {target} HTTP/1.0\r\nHost: localhost\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", server, budget,
            clock, out trouble) is { } answer
            ? Status(answer)
            : 0;

    /// <summary>The three digits of an answer's status line, or 0.</summary>
    internal static int Status(ReadOnlySpan<byte> answer) =>
        answer.Length >= 12 && answer.StartsWith("HTTP/1."u8) && answer[8] == (byte)' '
            && int.TryParse(answer.Slice(9, 3), NumberStyles.None, CultureInfo.InvariantCulture, out var status)
            ? status
            : 0;

    private static byte[]? Exchange(
        string socketPath, string request, uint server, TimeSpan budget, TimeProvider clock, out EngineTrouble trouble)
    {
        trouble = EngineTrouble.NoAnswer;
        var started = clock.GetTimestamp();
        try
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            socket.SendTimeout = Milliseconds(budget);
            socket.Connect(new UnixDomainSocketEndPoint(socketPath));
            if (PeerOf(socket) != server)
            {
                trouble = EngineTrouble.NotHere;
                return null;
            }

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
        catch (SocketException e)
        {
            trouble = e.SocketErrorCode switch
            {
                SocketError.AccessDenied => EngineTrouble.NoPermission,
                SocketError.ConnectionRefused or SocketError.AddressNotAvailable => EngineTrouble.NotHere,
                _ when !socketPath.StartsWith('\0') && !File.Exists(socketPath) => EngineTrouble.NotHere,
                _ => EngineTrouble.NoAnswer,
            };
            return null;
        }
        catch (ArgumentException)
        {
            // A path longer than a Unix socket's address holds.
            trouble = EngineTrouble.NotHere;
            return null;
        }
    }

    /// <summary>The body of an answer with status 200, or <c>null</c>.</summary>
    internal static byte[]? Body(ReadOnlySpan<byte> answer)
    {
        var end = answer.IndexOf("\r\n\r\n"u8);
        return end > 0 && answer.StartsWith("HTTP/1."u8) && answer[8..].StartsWith(" 200"u8) ? answer[(end + 4)..].ToArray() : null;
    }

    private static uint? PeerOf(Socket socket)
    {
        Span<byte> credentials = stackalloc byte[12];
        return socket.GetRawSocketOption(SocketLevel, PeerCredentials, credentials) == credentials.Length
            ? System.Runtime.InteropServices.MemoryMarshal.Read<uint>(credentials[4..])
            : null;
    }

    private static int Milliseconds(TimeSpan time) => Math.Max(1, (int)time.TotalMilliseconds);
}
