using System.Net.Sockets;
using Portolan.Model;
using Portolan.Sockets;

namespace Portolan.Cli.Listing;

/// <summary>
/// Asks the lab around this command for the sockets of its hosts: one document over the Unix socket that PORTOLAN_LAB names.
/// </summary>
internal sealed class LabSocketSource(string path) : ISocketSource
{
    /// <summary>The variable with the path of the socket.</summary>
    public const string Variable = "PORTOLAN_LAB";

    private const int LongestAnswer = 128 * 1024 * 1024;

    private static readonly TimeSpan Budget = TimeSpan.FromSeconds(10);

    /// <summary>Finds the lab by its variable.</summary>
    /// <exception cref="PortolanException">The variable is not set.</exception>
    public static LabSocketSource Open(Func<string, string?> environment) =>
        environment(Variable) is { Length: > 0 } path
            ? new LabSocketSource(path)
            : throw new PortolanException(
                $"this command does not run in a lab: {Variable} is not set",
                $"run it inside portolan lab run, e.g. portolan lab run office -- portolan list --lab", ExitCode.Usage);

    /// <inheritdoc/>
    /// <exception cref="PortolanException">No host answers, or not with a document of sockets.</exception>
    public SocketSnapshot Read(SocketQuery query, CancellationToken cancellationToken) =>
        LabDocument.Read(Receive(cancellationToken), query);

    private ReadOnlyMemory<byte> Receive(CancellationToken cancellationToken)
    {
        var clock = TimeProvider.System;
        var started = clock.GetTimestamp();
        try
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            socket.Connect(new UnixDomainSocketEndPoint(path));
            var buffer = new byte[64 * 1024];
            for (var length = 0; length <= LongestAnswer;)
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (length == buffer.Length)
                {
                    Array.Resize(ref buffer, buffer.Length * 2);
                }

                var left = Budget - clock.GetElapsedTime(started);
                socket.ReceiveTimeout = Math.Max(1, (int)left.TotalMilliseconds);
                var count = left > TimeSpan.Zero
                    ? socket.Receive(buffer.AsSpan(length))
                    : throw new SocketException((int)SocketError.TimedOut);
                if (count == 0)
                {
                    return buffer.AsMemory(0, length);
                }

                length += count;
            }
        }
        catch (Exception exception) when (exception is SocketException or ArgumentException)
        {
            // ArgumentException: a path longer than a Unix socket's address holds. A time that is over reads "try again".
            var why = exception is SocketException { SocketErrorCode: SocketError.WouldBlock or SocketError.TimedOut }
                ? $"no answer in {Budget.TotalSeconds:0} s"
                : exception.Message;
            throw new PortolanException(
                $"no lab answers at {TerminalText.Escape(path)}: {why}", $"run it inside portolan lab run: the lab may have ended",
                ExitCode.Failed, exception);
        }

        throw LabDocument.Wrong("the answer has no end");
    }
}
