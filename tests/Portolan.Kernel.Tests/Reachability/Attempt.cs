using System.Net;
using System.Net.Sockets;
using Portolan.Kernel.Tests.Support;

namespace Portolan.Kernel.Tests.Reachability;

/// <summary>What a client of the lab really sees, in the words of <c>explain</c>.</summary>
internal static class Attempt
{
    /// <summary>
    /// How long silence must last. An ICMPv6 error is acted on only at the first retransmission of the SYN, after a second.
    /// </summary>
    private const int PatienceMilliseconds = 2500;

    /// <summary>Connects once by TCP.</summary>
    public static string Connect(
        LabHost client, string address, int port, string? source = null, int patienceMilliseconds = PatienceMilliseconds) =>
            client.Run(() =>
    {
        var target = IPAddress.Parse(address);
        using var socket = new Socket(target.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { Blocking = false };
        if (source is not null)
        {
            socket.Bind(new IPEndPoint(IPAddress.Parse(source), 0));
        }

        try
        {
            socket.Connect(new IPEndPoint(target, port));
        }
        catch (SocketException exception) when (exception.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
        {
            // Under way.
        }
        catch (SocketException exception)
        {
            return Words(exception.SocketErrorCode);
        }

        // Writable when it connects; an error without that when an ICMP error ends it.
        List<Socket> writable = [socket], failed = [socket];
        Socket.Select(null, writable, failed, patienceMilliseconds * 1000);
        return writable.Count + failed.Count == 0
            ? "times-out"
            : Words((SocketError)socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error)!);
    });

    /// <summary>
    /// Connects, sends a request and reads the reply to its end, at a host that serves the port: <c>exchanged</c> where that works,
    /// <c>connects</c> where nothing more is heard, <c>reset</c> where an error ends it.
    /// </summary>
    public static async Task<string> Exchange(
        LabHost client, string address, int port, string? source, TimeSpan patience, CancellationToken stop)
    {
        var target = IPAddress.Parse(address);
        using var socket = client.Run(() => new Socket(target.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true });
        using var time = CancellationTokenSource.CreateLinkedTokenSource(stop);
        time.CancelAfter(patience);
        var seen = "times-out";
        try
        {
            if (source is not null)
            {
                socket.Bind(new IPEndPoint(IPAddress.Parse(source), 0));
            }

            await socket.ConnectAsync(new IPEndPoint(target, port), time.Token);
            seen = "connects";
            await socket.SendAsync(LabHost.Request, time.Token);
            var buffer = new byte[LabHost.ReplyLength];
            for (var got = 0; got < buffer.Length;)
            {
                var read = await socket.ReceiveAsync(buffer, time.Token);
                if (read == 0)
                {
                    return "reset";
                }

                got += read;
            }

            return "exchanged";
        }
        catch (OperationCanceledException)
        {
            return seen;
        }
        catch (SocketException exception)
        {
            return seen == "connects" ? "reset" : Words(exception.SocketErrorCode);
        }
        finally
        {
            // A reset, so that nothing of it is left when the next client comes.
            socket.LingerState = new LingerOption(true, 0);
        }
    }

    /// <summary>Sends one datagram and waits for an answer: <c>connects</c> stands for one.</summary>
    public static string Ask(LabHost client, string address, int port) => client.Run(() =>
    {
        var target = IPAddress.Parse(address);
        using var socket = new Socket(target.AddressFamily, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = PatienceMilliseconds };
        try
        {
            socket.Connect(new IPEndPoint(target, port));
            socket.Send([1]);
            socket.Receive(new byte[16]);
            return "connects";
        }
        catch (SocketException exception)
        {
            return exception.SocketErrorCode is SocketError.WouldBlock or SocketError.TimedOut
                ? "times-out"
                : Words(exception.SocketErrorCode);
        }
    });

    /// <summary>
    /// Sends datagrams to a host that echoes them, each after the answer to the one before: <c>exchanged</c> where all come back,
    /// <c>connects</c> where the first does and another does not.
    /// </summary>
    public static async Task<string> Converse(
        LabHost client, string address, int port, string? source, TimeSpan patience, CancellationToken stop)
    {
        const int Datagrams = 8;
        var target = IPAddress.Parse(address);
        using var socket = client.Run(() => new Socket(target.AddressFamily, SocketType.Dgram, ProtocolType.Udp));
        using var time = CancellationTokenSource.CreateLinkedTokenSource(stop);
        time.CancelAfter(patience);
        var answers = 0;
        try
        {
            if (source is not null)
            {
                socket.Bind(new IPEndPoint(IPAddress.Parse(source), 0));
            }

            await socket.ConnectAsync(new IPEndPoint(target, port), time.Token);
            for (; answers < Datagrams; answers++)
            {
                await socket.SendAsync(LabHost.Request, time.Token);
                await socket.ReceiveAsync(new byte[LabHost.Request.Length], time.Token);
            }

            return "exchanged";
        }
        catch (OperationCanceledException)
        {
            return answers > 0 ? "connects" : "times-out";
        }
        catch (SocketException exception)
        {
            return answers > 0 ? "connects" : Words(exception.SocketErrorCode);
        }
    }

    private static string Words(SocketError error) => error switch
    {
        SocketError.Success => "connects",
        SocketError.ConnectionRefused => "refused",
        SocketError.TimedOut => "times-out",
        SocketError.ConnectionReset => "reset",
        SocketError.HostUnreachable or SocketError.NetworkUnreachable or SocketError.AccessDenied => "unreachable",
        _ => error.ToString(),
    };
}
